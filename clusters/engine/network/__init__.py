"""Who answers at an address: pod network, kube-proxy, cluster DNS and the cloud's load balancers.

routing.py    from an address to the pod behind it, or to nobody: class Network
outcomes.py   what can come of it: Answer, Refused, TimedOut, Unresolved; a Fork while chance decides
http.py       requests, and what the images' programs answer
dns.py        names
endpoints.py  where a Service leads to
traffic.py    the requests of late: class Traffic
clients.py    clients that were placed to call an address again and again
steady.py     what comes of their calls: class Fold
"""

from clusters.engine.network.http import Request, Response
from clusters.engine.network.outcomes import Answer, Listening, Outcome, Refused, TimedOut, Unresolved
from clusters.engine.network.routing import Network
from clusters.engine.network.traffic import Call, Served, Tally, Totals, Traffic, served_by

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
    "Tally",
    "TimedOut",
    "Totals",
    "Traffic",
    "Unresolved",
    "served_by",
]
