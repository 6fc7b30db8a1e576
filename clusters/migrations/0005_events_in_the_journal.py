import json

from django.db import migrations, models


def write_out_events(apps, schema_editor):
    """Rows of Events said "" and referred to the Event's own row, or to the row of its deletion."""
    rows = apps.get_model("clusters", "Change").objects.using(schema_editor.connection.alias)
    events = apps.get_model("clusters", "KubeObject").objects.using(schema_editor.connection.alias)
    empty = rows.filter(object="", kind="Event")
    for cluster in list(empty.values_list("cluster", flat=True).distinct()):
        told = rows.filter(cluster=cluster, kind="Event", verb="DELETED").exclude(object="")
        texts = dict(told.values_list("uid", "object"))
        texts.update(events.filter(cluster=cluster, kind="Event").values_list("uid", "manifest"))
        found = [row for row in empty.filter(cluster=cluster) if row.uid in texts]
        for row in found:
            event = json.loads(texts[row.uid])
            event["metadata"]["resourceVersion"] = str(row.revision)
            row.object = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
        rows.bulk_update(found, ["object"], batch_size=200)
    empty.delete()


class Migration(migrations.Migration):
    dependencies = [
        ("clusters", "0004_call_counts"),
    ]

    operations = [
        migrations.RunPython(write_out_events, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="change",
            name="object",
            field=models.TextField(),
        ),
    ]
