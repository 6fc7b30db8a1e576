"""What people type, what it must print, and what it must leave behind: a table, the same for every kubectl.

A row is a Row. Its words are for `shlex`; {ns} is the test's namespace. What is printed must match the
regular expression as a whole (whitespace at the ends aside, `.` matches line ends too).
"""

from typing import NamedTuple

POD_TABLE = r"NAME +READY +STATUS +RESTARTS +AGE\n"
AGE = r"\d+[smh]\w*"


class Row(NamedTuple):
    """`given` is typed before; `typed` must print `prints`, with `fails` on stderr and an exit code.

    `leaves` are (words of `kubectl get`, a jsonpath, what it must be in the end).
    """

    typed: str
    prints: str = ""
    given: tuple[str, ...] = ()
    stdin: str = ""
    fails: str = ""
    leaves: tuple[tuple[str, str, str], ...] = ()


RUN = "run web --image=nginx --port=80"
WAIT = "wait pod/web --for=condition=Ready --timeout=60s"
RC = """\
apiVersion: v1
kind: ReplicationController
metadata: {name: kubia}
spec:
  replicas: 2
  selector: {app: kubia}
  template:
    metadata: {labels: {app: kubia}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - {name: kubia, image: luksa/kubia, ports: [{containerPort: 8080}]}
"""
DEPLOYMENT = "create deployment shop --image=nginx:1.27 --replicas=2"
ROLLED = "rollout status deployment/shop --timeout=60s"
CONFIG = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {colour: blue}
"""
TWO = CONFIG + "---\n" + CONFIG.replace("settings", "others")
LISTED = """\
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: ConfigMap, metadata: {name: one}, data: {a: b}}
- {apiVersion: v1, kind: Secret, metadata: {name: two}, stringData: {a: b}}
"""

ROWS = {
    # version, discovery
    "version": Row("version", r"Client Version: .*Server Version: v1\.\d+\..*"),
    "api-versions": Row("api-versions", r".*apps/v1\n.*policy/v1\n.*v1"),
    "api-resources": Row(
        "api-resources", r"NAME +SHORTNAMES +APIVERSION +NAMESPACED +KIND\n.*pods +po +v1 +true +Pod\n.*"
    ),
    "api-resources by name": Row("api-resources -o name", r".*\bdeployments\.apps\n.*"),
    "api-resources that can be listed in a namespace": Row(
        "api-resources --verbs=list --namespaced -o name", r"(?!.*\bnodes\n).*\bconfigmaps\n.*"
    ),
    "explain a kind": Row("explain rc", r"KIND: +ReplicationController\nVERSION: +v1\n.*FIELDS:\n.*spec.*"),
    "explain a field": Row("explain rc.spec.replicas", r".*FIELD: replicas <integer>\n.*"),
    "explain everything below": Row("explain deployment.spec --recursive", r".*maxUnavailable.*"),
    "explain what there is not": Row(
        "explain pod.nothing", r"KIND: +Pod\nVERSION: +v1", fails=r'error: field "nothing" does not exist'
    ),
    "get --raw": Row("get --raw /healthz", "ok"),
    "cluster-info": Row("cluster-info", r".*control plane.* is running at .*http.*"),
    "who am I": Row("auth whoami", r"ATTRIBUTE +VALUE\nUsername +\S+\n.*"),
    "may I": Row("auth can-i create pods", "yes"),
    "what may I": Row(
        "auth can-i --list",
        r"Resources +Non-Resource URLs +Resource Names +Verbs\s*\n.*\*\.\* +\[\] +\[\] +\[\*\]\n"
        r".*selfsubjectrulesreviews\.authorization\.k8s\.io +\[\] +\[\] +\[create\]\n.*",
        fails="(warning: the list may be incomplete.*)?",
    ),
    # run, create
    "run": Row(RUN, "pod/web created", leaves=(("pod web", "{.spec.containers[0].image}", "nginx"),)),
    "run as a dry run": Row(
        f"{RUN} --dry-run=server",
        r"pod/web created \(server dry run\)",
        leaves=(("pod web --ignore-not-found", "{.metadata.name}", ""),),
    ),
    "run what exists": Row(
        RUN, given=(RUN,), fails=r'Error from server \(AlreadyExists\): pods "web" already exists'
    ),
    "run with a bad name": Row("run WEB --image=nginx", fails=r'The Pod "WEB" is invalid: .*RFC 1123.*'),
    "create -f": Row(
        "create -f -",
        "replicationcontroller/kubia created",
        stdin=RC,
        leaves=(("rc kubia", "{.spec.replicas}", "2"),),
    ),
    "create -f with a typing error": Row(
        "create -f -",
        stdin=RC.replace("replicas:", "replicsa:"),
        fails=r'.*strict decoding error: unknown field "spec\.replicsa".*',
        leaves=(("rc kubia --ignore-not-found", "{.metadata.name}", ""),),
    ),
    "create -f without validation": Row(
        "create --validate=ignore -f -",
        "replicationcontroller/kubia created",
        stdin=RC.replace("replicas:", "replicsa:"),
        leaves=(("rc kubia", "{.spec.replicas}", "1"),),
    ),
    "create -f with a wrong type": Row(
        "create -f -", stdin=RC.replace("replicas: 2", "replicas: two"), fails=r".*cannot be handled as a.*"
    ),
    "create a list": Row("create -f -", r"configmap/one created\nsecret/two created", stdin=LISTED),
    "create namespace": Row("create namespace {ns}-x", "namespace/{ns}-x created"),
    "create deployment": Row(
        DEPLOYMENT,
        "deployment.apps/shop created",
        leaves=(("deployment shop", "{.spec.template.spec.containers[0].image}", "nginx:1.27"),),
    ),
    "create configmap": Row(
        "create configmap settings --from-literal=colour=blue",
        "configmap/settings created",
        leaves=(("configmap settings", "{.data.colour}", "blue"),),
    ),
    "create secret": Row(
        "create secret generic keys --from-literal=password=s3cr3t",
        "secret/keys created",
        leaves=(("secret keys", "{.data.password}", "czNjcjN0"),),
    ),
    "create service": Row(
        "create service clusterip inside --tcp=80:8080",
        "service/inside created",
        leaves=(("service inside", "{.spec.ports[0].targetPort}", "8080"),),
    ),
    "create serviceaccount": Row("create serviceaccount robot", "serviceaccount/robot created"),
    "create token": Row("create token default", r"ey\w+\.ey[\w-]+\.[\w-]+"),
    "create token of a pod": Row(
        "create token default --duration=10m --audience=vault --bound-object-kind=Pod --bound-object-name=web"
        " -o jsonpath={.spec.expirationSeconds},{.spec.audiences},{.spec.boundObjectRef.name}",
        r'600,\["vault"\],web',
        given=(RUN,),
    ),
    "create token for a minute": Row(
        "create token default --duration=1m", fails=r".*may not specify a duration less than 10 minutes"
    ),
    "create token of nobody": Row(
        "create token nobody", fails=r'error: failed to create token: serviceaccounts "nobody" not found'
    ),
    "create poddisruptionbudget": Row(
        "create poddisruptionbudget keep --selector=app=kubia --min-available=1",
        "poddisruptionbudget.policy/keep created",
        leaves=(("pdb keep", "{.spec.minAvailable}", "1"),),
    ),
    "create quota": Row("create quota few --hard=pods=3", "resourcequota/few created"),
    # apply, edit, replace, diff, patch
    "apply": Row("apply -f -", "configmap/settings created", stdin=CONFIG),
    "apply twice": Row(
        "apply -f -", "configmap/settings unchanged", given=("apply -f - <<" + CONFIG,), stdin=CONFIG
    ),
    "apply a change": Row(
        "apply -f -",
        "configmap/settings configured",
        given=("apply -f - <<" + CONFIG,),
        stdin=CONFIG.replace("blue", "red"),
        leaves=(("configmap settings", "{.data.colour}", "red"),),
    ),
    "apply several": Row("apply -f -", r"configmap/settings created\nconfigmap/others created", stdin=TWO),
    "apply --server-side": Row(
        "apply --server-side -f -",
        "configmap/settings serverside-applied",
        stdin=CONFIG,
        leaves=(
            ("configmap settings --show-managed-fields", "{.metadata.managedFields[0].operation}", "Apply"),
        ),
    ),
    "apply --server-side against another manager": Row(
        "apply --server-side --field-manager=other -f -",
        given=("apply --server-side -f - <<" + CONFIG,),
        stdin=CONFIG.replace("blue", "red"),
        fails=r'error: Apply failed with 1 conflict: conflict with "kubectl": \.data\.colour\n.*',
    ),
    "apply --server-side by force": Row(
        "apply --server-side --force-conflicts --field-manager=other -f -",
        "configmap/settings serverside-applied",
        given=("apply --server-side -f - <<" + CONFIG,),
        stdin=CONFIG.replace("blue", "red"),
        leaves=(("configmap settings", "{.data.colour}", "red"),),
    ),
    "diff": Row(
        "diff -f -",
        r".*-  colour: blue\n\+  colour: red\n.*",
        given=("apply -f - <<" + CONFIG,),
        stdin=CONFIG.replace("blue", "red"),
        fails="exit status 1|",
        leaves=(("configmap settings", "{.data.colour}", "blue"),),
    ),
    "replace": Row(
        "replace -f -",
        "configmap/settings replaced",
        given=("create -f - <<" + CONFIG,),
        stdin=CONFIG.replace("blue", "red"),
        leaves=(("configmap settings", "{.data.colour}", "red"),),
    ),
    "replace what there is not": Row(
        "replace -f -",
        stdin=CONFIG,
        fails=r'Error from server \(NotFound\): .*configmaps "settings" not found',
    ),
    "patch": Row(
        'patch configmap settings -p \'{"data":{"size":"xl"}}\'',
        "configmap/settings patched",
        given=("create -f - <<" + CONFIG,),
        leaves=(("configmap settings", "{.data.colour} {.data.size}", "blue xl"),),
    ),
    "patch --type=json": Row(
        'patch configmap settings --type=json -p \'[{"op":"remove","path":"/data/colour"}]\'',
        "configmap/settings patched",
        given=("create -f - <<" + CONFIG,),
        leaves=(("configmap settings", "{.data}", ""),),
    ),
    "patch --type=merge that changes nothing": Row(
        'patch configmap settings --type=merge -p \'{"data":{"colour":"blue"}}\'',
        r"configmap/settings patched \(no change\)",
        given=("create -f - <<" + CONFIG,),
    ),
    # get
    "get pods": Row("get pods", POD_TABLE + rf"web +1/1 +Running +0 +{AGE}", given=(RUN, WAIT)),
    "get pods -o wide": Row(
        "get pods -o wide",
        r"NAME +READY +STATUS +RESTARTS +AGE +IP +NODE +NOMINATED NODE +READINESS GATES\n"
        r"web +1/1 +Running +0 +\S+ +\d+\.\d+\.\d+\.\d+ +\S+ +<none> +<none>",
        given=(RUN, WAIT),
    ),
    "get nothing": Row("get pods", fails=r"No resources found in {ns} namespace\."),
    "get what there is not": Row(
        "get pod nothing", fails=r'Error from server \(NotFound\): pods "nothing" not found'
    ),
    "get a kind there is not": Row(
        "get gizmos", fails=r"error: the server doesn't have a resource type \"gizmos\""
    ),
    "get -o name": Row("get pods -o name", "pod/web", given=(RUN,)),
    "get -o jsonpath": Row("get pod web -o jsonpath={.metadata.labels.run}", "web", given=(RUN,)),
    "get -o custom-columns": Row("get pods -o custom-columns=N:.metadata.name", r"N\nweb", given=(RUN,)),
    "get -l": Row("get pods -l run=web --no-headers", r"web .*", given=(RUN, "run other --image=nginx")),
    "get -l in a set": Row(
        "get pods -l 'run in (web,none),run!=other' -o name",
        "pod/web",
        given=(RUN, "run other --image=nginx"),
    ),
    "get -l with an error": Row("get pods -l 'a in b'", fails=r".*unable to parse requirement.*"),
    "get --field-selector": Row(
        "get pods --field-selector=metadata.name=web -o name",
        "pod/web",
        given=(RUN, "run other --image=nginx"),
    ),
    "get --field-selector of no such field": Row(
        "get pods --field-selector=spec.x=y", fails=r".*field label not supported: spec\.x.*"
    ),
    "get --sort-by": Row(
        "get pods --sort-by=.metadata.name -o name",
        r"pod/other\npod/web",
        given=(RUN, "run other --image=nginx"),
    ),
    "get --show-labels": Row("get pods --show-labels", r".* LABELS\nweb .* run=web", given=(RUN,)),
    "get all": Row("get all", r"NAME .*\npod/web .*", given=(RUN,)),
    "get -A": Row("get pods -A", r"NAMESPACE +NAME .*\n{ns} +web .*", given=(RUN,)),
    "get nodes": Row("get nodes", r"NAME +STATUS +ROLES +AGE +VERSION\n(\S+ +Ready +\S+ +\S+ +v1\S+\n?)+"),
    "get services": Row(
        "get service web",
        r"NAME +TYPE +CLUSTER-IP +EXTERNAL-IP +PORT\(S\) +AGE\n"
        r"web +NodePort +\d+\.\d+\.\d+\.\d+ +<none> +80:3\d{4}/TCP +\S+",
        given=(RUN, "expose pod web --type=NodePort"),
    ),
    "get componentstatuses": Row(
        "get componentstatuses",
        r"NAME +STATUS +MESSAGE +ERROR\n.*etcd-0 +Healthy +ok.*",
        fails=r".*deprecated.*",
    ),
    "get events": Row(
        "get events", r"LAST SEEN +TYPE +REASON +OBJECT +MESSAGE\n.*Scheduled +pod/web .*", given=(RUN, WAIT)
    ),
    "events": Row("events --for=pod/web", r"LAST SEEN .*\n.*Started.*", given=(RUN, WAIT)),
    # describe
    "describe pod": Row(
        "describe pod web",
        r"Name: +web\nNamespace: +{ns}\n.*Status: +Running\n.*"
        r"Events:\n.*Successfully assigned {ns}/web to .*",
        given=(RUN, WAIT),
    ),
    "describe rc": Row(
        "describe rc kubia",
        r"Name: +kubia\n.*Replicas: +2 current / 2 desired\n.*SuccessfulCreate.*",
        given=("create -f - <<" + RC, "wait rc/kubia --for=jsonpath={.status.replicas}=2 --timeout=60s"),
    ),
    "describe service": Row(
        "describe service web",
        r"Name: +web\n.*Endpoints: +\d+\.\S+:80\n.*",
        given=(RUN, WAIT, "expose pod web"),
    ),
    "describe deployment": Row(
        "describe deployment shop",
        r"Name: +shop\n.*Replicas: +2 desired \| 2 updated \| 2 total \| 2 available \| 0 unavailable\n"
        r".*ScalingReplicaSet.*",
        given=(DEPLOYMENT, ROLLED),
    ),
    "describe node": Row("describe nodes", r"Name: +\S+\n.*Allocated resources:\n.*", fails=""),
    "describe namespace": Row("describe namespace {ns}", r"Name: +{ns}\n.*Status: +Active\n.*"),
    # expose, scale, label, annotate, set, autoscale
    "expose rc": Row(
        "expose rc kubia --type=LoadBalancer --name=kubia-http --port=8080",
        "service/kubia-http exposed",
        given=("create -f - <<" + RC,),
        leaves=(("service kubia-http", "{.spec.selector.app} {.spec.ports[0].port}", "kubia 8080"),),
    ),
    "scale rc": Row(
        "scale rc kubia --replicas=4",
        "replicationcontroller/kubia scaled",
        given=("create -f - <<" + RC,),
        leaves=(("rc kubia", "{.status.replicas}", "4"),),
    ),
    "scale if there are so many": Row(
        "scale rc kubia --replicas=4 --current-replicas=2",
        "replicationcontroller/kubia scaled",
        given=("create -f - <<" + RC,),
        leaves=(("rc kubia", "{.spec.replicas}", "4"),),
    ),
    "scale if there are so many, and there are not": Row(
        "scale rc kubia --replicas=4 --current-replicas=3",
        given=("create -f - <<" + RC,),
        fails=r"error: Expected replicas to be 3, was 2",
        leaves=(("rc kubia", "{.spec.replicas}", "2"),),
    ),
    "scale below nothing": Row(
        "scale rc kubia --replicas=-2", given=("create -f - <<" + RC,), fails=r"error: .*replicas.*"
    ),
    "scale deployment": Row(
        "scale deployment shop --replicas=3",
        "deployment.apps/shop scaled",
        given=(DEPLOYMENT,),
        leaves=(("deployment shop", "{.status.readyReplicas}", "3"),),
    ),
    "label": Row(
        "label pod web tier=front",
        "pod/web labeled",
        given=(RUN,),
        leaves=(("pod web", "{.metadata.labels.tier}", "front"),),
    ),
    "label again": Row(
        "label pod web tier=back",
        given=(RUN, "label pod web tier=front"),
        fails=r"error: 'tier' already has a value \(front\), and --overwrite is false",
    ),
    "label away": Row(
        "label pod web run-",
        "pod/web unlabeled",
        given=(RUN,),
        leaves=(("pod web", "{.metadata.labels}", ""),),
    ),
    "annotate": Row(
        "annotate pod web note=mine",
        "pod/web annotated",
        given=(RUN,),
        leaves=(("pod web", "{.metadata.annotations.note}", "mine"),),
    ),
    "set image": Row(
        "set image deployment/shop nginx=nginx:1.28",
        "deployment.apps/shop image updated",
        given=(DEPLOYMENT, ROLLED),
        leaves=(("pods -l app=shop", "{.items[*].spec.containers[0].image}", "nginx:1.28 nginx:1.28"),),
    ),
    # rollout
    "rollout status": Row(ROLLED, r'.*deployment "shop" successfully rolled out', given=(DEPLOYMENT,)),
    "rollout history": Row(
        "rollout history deployment/shop",
        r"deployment\.apps/shop *\nREVISION +CHANGE-CAUSE\n1 +<none>\n2 +<none>",
        given=(DEPLOYMENT, ROLLED, "set image deployment/shop nginx=nginx:1.28", ROLLED),
    ),
    "rollout undo": Row(
        "rollout undo deployment/shop",
        "deployment.apps/shop rolled back",
        given=(DEPLOYMENT, ROLLED, "set image deployment/shop nginx=nginx:1.28", ROLLED),
        leaves=(("deployment shop", "{.spec.template.spec.containers[0].image}", "nginx:1.27"),),
    ),
    "rollout restart": Row(
        "rollout restart deployment/shop", "deployment.apps/shop restarted", given=(DEPLOYMENT,)
    ),
    "rollout pause": Row(
        "rollout pause deployment/shop",
        "deployment.apps/shop paused",
        given=(DEPLOYMENT,),
        leaves=(("deployment shop", "{.spec.paused}", "true"),),
    ),
    # delete, wait
    "delete pod": Row(
        "delete pod web",
        r'pod "web" deleted( from {ns} namespace)?',
        given=(RUN,),
        leaves=(("pod web --ignore-not-found", "{.metadata.name}", ""),),
    ),
    "delete by force": Row(
        "delete pod web --force",
        r'pod "web" force deleted( from {ns} namespace)?',
        given=(RUN,),
        fails="Warning: Immediate deletion does not wait.*",
    ),
    "delete --all": Row(
        "delete pods --all",
        r'pod "other" deleted.*\npod "web" deleted.*',
        given=(RUN, "run other --image=nginx"),
        leaves=(("pods", "{.items}", "[]"),),
    ),
    "delete -l": Row(
        "delete pods -l run=web",
        r'pod "web" deleted.*',
        given=(RUN, "run other --image=nginx"),
        leaves=(("pods", "{.items[*].metadata.name}", "other"),),
    ),
    "delete what there is not": Row(
        "delete pod nothing", fails=r'Error from server \(NotFound\): pods "nothing" not found'
    ),
    "delete a namespace one cannot do without": Row(
        "delete namespace default", fails=r".*\(Forbidden\): .*this namespace may not be deleted"
    ),
    "delete rc and leave its pods": Row(
        "delete rc kubia --cascade=orphan",
        r'replicationcontroller "kubia" deleted.*',
        given=("create -f - <<" + RC, "wait rc/kubia --for=jsonpath={.status.replicas}=2 --timeout=60s"),
        leaves=(("pods -l app=kubia", "{.items[*].kind}", "Pod Pod"),),
    ),
    "delete rc after its pods": Row(
        "delete rc kubia --cascade=foreground",
        r'replicationcontroller "kubia" deleted.*',
        given=("create -f - <<" + RC, "wait rc/kubia --for=jsonpath={.status.replicas}=2 --timeout=60s"),
        leaves=(("pods -l app=kubia", "{.items}", "[]"),),
    ),
    "delete rc": Row(
        "delete rc kubia",
        r'replicationcontroller "kubia" deleted.*',
        given=("create -f - <<" + RC,),
        leaves=(("pods -l app=kubia", "{.items}", "[]"),),
    ),
    "wait": Row(WAIT, "pod/web condition met", given=(RUN,)),
    "wait in vain": Row(
        "wait pod/web --for=condition=Nothing --timeout=1s", given=(RUN,), fails=r"error: timed out waiting.*"
    ),
    "wait for a deletion": Row(
        "wait pod/web --for=delete --timeout=60s",
        "pod/web condition met",
        # Nobody in there minds a signal, so it takes as long as it may.
        given=("run web --image=busybox -- sleep 1000", WAIT, "delete pod web --wait=false --grace-period=3"),
    ),
    # logs, exec
    "logs": Row(
        "logs hello",
        "hello there",
        given=(
            "run hello --image=busybox --restart=Never -- echo hello there",
            "wait pod/hello --for=jsonpath={.status.phase}=Succeeded --timeout=60s",
        ),
    ),
    "logs of no such pod": Row("logs nothing", fails=r'.*pods "nothing" not found.*'),
    "exec": Row("exec web -- hostname", "web", given=(RUN, WAIT)),
    "exec that fails": Row(
        "exec web -- sh -c 'exit 3'", given=(RUN, WAIT), fails="command terminated with exit code 3"
    ),
    "exec without the program": Row(
        "exec web -- nothing", given=(RUN, WAIT), fails=r".*executable file not found in \$PATH.*"
    ),
    "exec with what comes in": Row("exec -i web -- sh", "web", given=(RUN, WAIT), stdin="hostname\n"),
    "top": Row("top nodes", r"NAME +CPU\(cores\) +CPU\(?%?\)? +MEMORY\(bytes\) +MEMORY\(?%?\)?.*"),
}
