"""What stays open between a client and one pod: exec, attach, port-forward.

door.py           a WebSocket comes in: who asks for what, and is it granted
refusals.py       how a WebSocket is refused so that the client can say why
places.py         how many may be open
alarm.py          what a stream waits for
outlet.py         what goes out, in order and never too much
channels.py       messages of the channel.k8s.io protocols
remotecommand.py  exec and attach
portforward.py    ports of a pod; ports.py a connection to one
spdy_tunnel.py    such connections as streams of SPDY/3.1, whose frames are in spdy.py
channel_tunnel.py the same over channel.k8s.io
"""
