"""Which programs this terminal has, and which others people look for in one."""

from typing import Final

PROGRAMS: Final = ("kubectl", "curl", "ping", "ls", "cat", "edit", "rm", "history", "clear", "help")
"""In the order in which they are named."""
ALIASES: Final = {"k": "kubectl", "vi": "edit", "vim": "edit", "nano": "edit"}
_ELSEWHERE: Final = """
    apt apt-get awk az bash base64 brew cd chmod chown cp cut date df diff dig docker echo eksctl env exit
    export find free gcloud git grep head helm host htop id ifconfig ip jq k9s kind kill kubeadm kubectx
    kubens less logout man minikube mkdir more mv nc netstat nslookup oc podman ps pwd python python3 sed
    sh sleep sort ssh stern sudo systemctl tail tar tee telnet top touch tr traceroute tree uname unset
    vagrant watch wc wget which while whoami xargs yq yum zsh
"""
ELSEWHERE: Final = frozenset(_ELSEWHERE.split())
"""Programs that exist, and that this terminal does not have."""
