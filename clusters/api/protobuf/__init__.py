"""Bodies in protobuf, which kubectl sends when it creates objects of a kind that it knows.

Models apimachinery's `pkg/runtime/serializer/protobuf`. Left out: writing it; answers are JSON.
"""

from clusters.api.protobuf.decoding import decode

__all__ = ["decode"]
