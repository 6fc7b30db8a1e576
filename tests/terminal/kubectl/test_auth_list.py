"""`kubectl auth can-i --list`: rules of the server, as lines."""

from clusters.terminal.kubectl.cmd.auth_list import Rule, _compact


def rules(*resource_rules, urls=()):
    status = {"resourceRules": list(resource_rules), "nonResourceRules": list(urls)}
    return sorted(_compact(status), key=str)


def test_verbs_of_one_resource_come_together_each_once():
    found = rules(
        {"apiGroups": [""], "resources": ["pods", "services"], "verbs": ["get"]},
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]},
    )
    assert found == [Rule(["get", "list"], ("",), ("pods",)), Rule(["get"], ("",), ("services",))]


def test_a_rule_about_names_stays_apart():
    found = rules(
        {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get"], "resourceNames": ["a", "b"]},
        {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["list"]},
    )
    assert [rule.names for rule in found] == [("a",), ("b",), ()]


def test_urls_stay_as_they_are():
    found = rules(urls=[{"nonResourceURLs": ["/healthz", "/version"], "verbs": ["get"]}])
    assert found == [Rule(["get"], urls=("/healthz",)), Rule(["get"], urls=("/version",))]
