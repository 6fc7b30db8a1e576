"""A simulated shell and the programs that people run in containers. Nothing ever runs on the host.

effects.py       what a running program asks of whoever runs it: to print, to wait, to connect
machine.py       a container as its programs see it
files.py         the files in it
syntax.py        command lines to trees
words.py         words with their variables filled in
interpreter.py   runs trees
coreutils.py     small programs; inspection.py those that look around, archive.py tar
http_clients.py  curl and wget
dns_clients.py   nslookup, getent, ping
session.py       one `kubectl exec`: what goes in, what comes out, when to go on
terminal.py      the line discipline of a tty
"""
