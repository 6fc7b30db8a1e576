"""Where everything on the map goes: fixed layouts, node grid, and the largest density that fits.

All sizes are in px of the layout's viewBox. The page picks a layout by breakpoint and scales it; the server
never sees a pixel size. Nodes are houses with pods inside while they fit in a row or two, else tiles.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Final, NamedTuple

DENSITIES: Final = ("cards", "slim", "cells", "nodes")
"""From roomy to dense. A viewer may ask for a denser one, never for a roomier one than fits."""


class Box(NamedTuple):
    """A rectangle: left, top, width, height."""

    x: float
    y: float
    w: float
    h: float

    @property
    def middle(self) -> float:
        return self.y + self.h / 2

    @property
    def bottom(self) -> float:
        return self.y + self.h


@dataclass(frozen=True, slots=True)
class Slots:
    """The places for pods in one node: size of one, distance between two, and how many in a row."""

    left: float
    top: float
    w: float
    h: float
    pitch_x: float
    pitch_y: float
    columns: int

    def at(self, slot: int) -> tuple[float, float]:
        """The left and top of a slot, measured from its node's eaves."""
        row, column = divmod(slot, self.columns)
        return self.left + column * self.pitch_x, self.top + row * self.pitch_y


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is fixed in one layout."""

    width: float
    height: float
    ground: Box
    """The cluster's box; its height is counted from the bottom of the map."""
    pill: Box
    """The first Service's pill."""
    inner: float
    """Width left for nodes, from the pill's left edge."""
    per_row: int
    """Houses that fit side by side; 0: as many as stay 150 wide."""
    house_rows: int
    """Rows of houses before the nodes become tiles."""
    header: float
    """From a node's eaves to its first pod."""
    card: tuple[float, float]
    """Height and pitch of a card."""
    outside: bool
    you: bool
    control_plane: bool
    foot: float
    tile_width: float
    """Width of the map once it shows tiles."""
    tile_height: float
    grows: bool
    """Houses are as high as their pods need, and the page scrolls."""


def _sheet(width: float, height: float, pill_top: float, **fields: object) -> Sheet:
    values: dict[str, object] = {
        "ground": Box(158, 10, width - 170, 10),
        "pill": Box(170, pill_top, width - 212, 52),
        "inner": width - 194,
        "per_row": 0,
        "house_rows": 2,
        "header": 51,
        "card": (62, 70),
        "outside": True,
        "you": False,
        "control_plane": False,
        "foot": 0,
        "tile_width": width,
        "tile_height": height,
        "grows": False,
    }
    return Sheet(width=width, height=height, **(values | fields))  # type: ignore[arg-type]


SHEETS: Final = {
    "wide": _sheet(
        880, 532, 94, you=True, control_plane=True, foot=62.0, tile_width=1140.0, tile_height=690.0
    ),
    "tablet": _sheet(1024, 402, 22, pill=Box(170, 22, 830, 52)),
    "phone": _sheet(
        390,
        438,
        14,
        ground=Box(0, 0, 390, 0),
        pill=Box(12, 14, 366, 60),
        inner=366.0,
        per_row=2,
        house_rows=4,
        header=30,
        card=(46, 53),
        outside=False,
        grows=True,
    ),
}
LAYOUTS: Final = tuple(SHEETS)

GAP: Final = 12
ROOF: Final = 24
"""Room above the eaves of a second row of houses."""
PITCH_PILL: Final = 40
TILE: Final = 112
"""The narrowest a tile may be."""
TILE_GAP: Final = (16, 12)
TALLEST_TILE: Final = 200
MOST_TILES_OF_CELLS: Final = 60


@dataclass(frozen=True, slots=True)
class Plan:
    """The geometry of one drawing of the map. Equal plans draw equal skeletons."""

    layout: str
    tiles: bool
    density: str
    width: float
    height: float
    ground: Box
    pill: Box
    outside: bool
    you: bool
    legend: bool
    control_plane: bool
    foot: float
    slots: Slots
    nodes: tuple[Box, ...]
    """One box a node in the order given; its top is the eaves of the house, or the top of the tile."""


def plan(layout: str, needs: Sequence[int], *, density: str = "auto", extra: float = 0) -> Plan:
    """Choose a density and place the nodes.

    `needs` has one entry a node: how many slots its pods take. `extra` is the height that more Services
    (or the waiting tray on a phone) take under the first pill.
    """
    sheet = SHEETS[layout]
    least = DENSITIES.index(density) if density in DENSITIES else 0
    per_row = sheet.per_row or int((sheet.inner + GAP) // (150 + GAP))
    rows = max(1, ceil(len(needs) / per_row))
    most = max(needs, default=0)
    if rows <= sheet.house_rows:
        houses = _grown(sheet, needs, per_row, least, extra) if sheet.grows else None
        houses = houses or _houses(sheet, layout, len(needs), most, rows, per_row, least, extra)
        # A second row of houses is worth its room only while every pod still shows its address.
        if rows == 1 or sheet.grows or most <= _capacity(houses, "slim", sheet):
            return houses
    return _tiles(sheet, layout, len(needs), most, least, extra)


def _slots(sheet: Sheet, density: str, node_width: float) -> Slots:
    width = node_width - 33
    if density == "cells":
        return Slots(20, sheet.header, 16, 16, 19, 20, max(1, int((width + 4) // 19)))
    height, pitch = sheet.card if density == "cards" else (28, 33)
    return Slots(20, sheet.header, width, height, 0, pitch, 1)


def _capacity(houses: Plan, density: str, sheet: Sheet) -> int:
    node = houses.nodes[0] if houses.nodes else Box(0, 0, 264, 300)
    slots = _slots(sheet, density, node.w)
    room = node.h - slots.top - houses.foot - 4 + (slots.pitch_y - slots.h)
    return int(room // slots.pitch_y) * slots.columns


def _houses(
    sheet: Sheet, layout: str, count: int, most: int, rows: int, per_row: int, least: int, extra: float
) -> Plan:
    """Houses in one row, or in two without feet and control plane."""
    single = rows == 1
    pill = sheet.pill if single else sheet.pill._replace(y=18, w=sheet.inner)
    height = sheet.height if single else max(sheet.height, 532.0)
    foot = sheet.foot if single else 0
    eaves = pill.bottom + (38 if single else 34) + extra
    columns = count if single else per_row
    width = min(264.0, (sheet.inner - GAP * (columns - 1)) / columns) if columns else 264.0
    tall = (height - 22 - eaves - ROOF * (rows - 1)) / rows
    nodes = tuple(
        Box(
            sheet.pill.x + column * (width + GAP),
            eaves + row * (tall + ROOF),
            round(width, 2),
            round(tall, 2),
        )
        for row, column in (divmod(index, max(1, columns)) for index in range(count))
    )
    drawing = Plan(
        layout=layout,
        tiles=False,
        density="cards",
        width=sheet.width,
        height=height,
        ground=_ground(sheet.ground, height),
        pill=pill,
        outside=sheet.outside,
        you=sheet.you and single,
        legend=sheet.you,
        control_plane=sheet.control_plane and single,
        foot=foot,
        slots=_slots(sheet, "cards", width),
        nodes=nodes,
    )
    density = next(
        (name for name in DENSITIES[least:3] if most <= _capacity(drawing, name, sheet)), DENSITIES[3]
    )
    return replace(drawing, density=density, slots=_slots(sheet, density, width))


def _grown(sheet: Sheet, needs: Sequence[int], per_row: int, least: int, extra: float) -> Plan:
    """Houses as high as their pods need: the phone's, whose page scrolls."""
    most = max(needs, default=0)
    limits = {"cards": 6, "slim": 12, "cells": 140}
    density = next((name for name in DENSITIES[least:3] if most <= limits[name]), DENSITIES[3])
    width = (sheet.inner - GAP * (per_row - 1)) / per_row
    slots = _slots(sheet, density, width)
    y = sheet.pill.bottom + 38 + extra
    nodes: list[Box] = []
    for start in range(0, len(needs), per_row):
        row = needs[start : start + per_row]
        lines = 4 if density == "nodes" else max(1, ceil(max(row) / slots.columns))
        tall = sheet.header + lines * slots.pitch_y + 3
        nodes += [Box(sheet.pill.x + column * (width + GAP), y, width, tall) for column in range(len(row))]
        y += tall + ROOF + 7
    height = max(y - ROOF + 8, 240)
    return Plan(
        layout="phone",
        tiles=False,
        density=density,
        width=sheet.width,
        height=height,
        ground=_ground(sheet.ground, height),
        pill=sheet.pill,
        outside=False,
        you=False,
        legend=False,
        control_plane=False,
        foot=0,
        slots=slots,
        nodes=tuple(nodes),
    )


def _tiles(sheet: Sheet, layout: str, count: int, most: int, least: int, extra: float) -> Plan:
    """More nodes than fit as houses: a grid of tiles across the whole map."""
    edge = 12.0 if sheet.outside else 0.0
    pill = Box(edge + 16, 22, sheet.tile_width - 2 * edge - 32, sheet.pill.h)
    columns = max(1, min(count, int((pill.w + 2) // (TILE + TILE_GAP[0]))))
    width = round((pill.w - TILE_GAP[0] * (columns - 1) - 14) / columns, 2)
    slots = _tile_slots(width)
    lines = max(3, ceil(most / slots.columns))
    tall = slots.top + lines * slots.pitch_y + 17.8
    cells = least < 3 and tall <= TALLEST_TILE and count <= MOST_TILES_OF_CELLS
    if not cells:
        tall = 44
    top = pill.bottom + 30 + extra
    nodes = tuple(
        Box(
            round(pill.x + 14 + column * (width + TILE_GAP[0]), 2),
            top + row * (tall + TILE_GAP[1]),
            width,
            tall,
        )
        for row, column in (divmod(index, columns) for index in range(count))
    )
    height = max(sheet.tile_height, (nodes[-1].bottom if nodes else top) + 28)
    return Plan(
        layout=layout,
        tiles=True,
        density="cells" if cells else "nodes",
        width=sheet.tile_width,
        height=round(height, 2),
        ground=_ground(Box(edge, sheet.ground.y, sheet.tile_width - 2 * edge, sheet.ground.y), height),
        pill=pill,
        outside=False,
        you=False,
        legend=False,
        control_plane=False,
        foot=0,
        slots=slots,
        nodes=nodes,
    )


def _tile_slots(width: float) -> Slots:
    columns = max(1, int((width - 14.4) // 15))
    return Slots(9, 27, 13.4, 13.4, (width - 18 - 13.4) / max(1, columns - 1), 18.4, columns)


def _ground(ground: Box, height: float) -> Box:
    return ground._replace(h=height - ground.y - ground.h)
