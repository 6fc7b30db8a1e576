"""An operator for the test: it notes on every pod with the label greet=yes that it has seen it."""

import kopf


@kopf.on.create("pods", labels={"greet": "yes"})
def greet(name, patch, **_):
    patch.metadata.annotations["example.org/greeting"] = f"hello {name}"


@kopf.on.delete("pods", labels={"greet": "yes"})
def part(name, logger, **_):
    logger.info("goodbye %s", name)
