"""Who answers at an address: pod network, kube-proxy, cluster DNS and the cloud's load balancers.

routing.py    from an address to the pod behind it, or to nobody: class Network
outcomes.py   what can come of it: Answer, Refused, TimedOut, Unresolved
http.py       requests, and what the images' programs answer
dns.py        names
endpoints.py  where a Service leads to
traffic.py    the requests of late: class Traffic
"""

from clusters.engine.network.http import Request, Response
from clusters.engine.network.outcomes import Answer, Listening, Outcome, Refused, TimedOut, Unresolved
from clusters.engine.network.routing import Network
from clusters.engine.network.traffic import Call, Served, Traffic

__all__ = [
    "Answer",
    "Call",
    "Listening",
    "Network",
    "Outcome",
    "Refused",
    "Request",
    "Response",
    "Served",
    "TimedOut",
    "Traffic",
    "Unresolved",
]
