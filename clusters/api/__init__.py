"""The Kubernetes API of the clusters, as kubectl and other clients speak it: a raw ASGI application.

It is routed before Django. Reads are answered from the image that the process holds, without a thread;
writes go through `clusters.actions` like everybody's.
"""

from typing import Final

PREFIX: Final = "/k8s/"
"""Where the API is, before the key."""
