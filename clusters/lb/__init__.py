"""The cloud's load balancers for real: whoever has the link of a Service gets the answer of one of its pods.

A raw ASGI application, routed before Django as the Kubernetes API is. It reads the image that this process
holds and writes nothing; its requests are remembered like those that are made in the cluster.
"""
