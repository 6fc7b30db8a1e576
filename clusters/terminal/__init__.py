"""The terminal of a cluster's page: a line comes in, what kubectl or another program prints goes out.

No line ever reaches a shell or a process of this machine. kubectl is a client of the cluster's Kubernetes
API like the real one, see `kubectl/`; only its transport is a function call, see `transport.py`.
"""
