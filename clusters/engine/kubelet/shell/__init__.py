"""A simulated shell and the programs that people run in containers. Nothing ever runs on the host.

effects.py       what a running program asks of whoever runs it: to print, to wait, to connect
machine.py       a container as its programs see it
files.py         the files in it
tree.py          what a command line is made of; lexer.py and syntax.py read it
words.py         words with their variables filled in
interpreter.py   runs trees; builtins.py what a shell does itself, steady.py loops that repeat
shells.py        sh and bash as programs
coreutils.py     small programs; ls.py; inspection.py those that look around, archive.py tar
http_clients.py  curl, with curl_options.py; wget.py, urls.py
dns_clients.py   nslookup, getent; ping.py
databases.py     the clients of databases
catalogue.py     all of these programs by name
session.py       one `kubectl exec` or `attach`: what goes in, what comes out, when to go on
terminal.py      the line discipline of a tty
"""
