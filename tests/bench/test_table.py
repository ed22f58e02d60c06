"""What benches print."""

import json

import pytest

from bench.table import Aim, Cell, aims_table, show, table, written


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, "-"),
        ("ours", "ours"),
        (0, "0"),
        (10_000, "10,000"),
        (0.0, "0"),
        (0.23456, "0.235"),
        (2.0, "2"),
        (12.345, "12.3"),
        (123.45, "123"),
        (1049.4, "1049"),
    ],
)
def test_a_figure_is_written_with_as_many_digits_as_it_has_meaning(cell: Cell, text: str) -> None:
    assert written(cell) == text


def test_a_table_is_markdown_with_its_columns_aligned() -> None:
    assert table(("", "p50 ms"), [("ours", 1.5), ("plain Bolt", None)]).splitlines() == [
        "|            | p50 ms |",
        "| ---------- | -----: |",
        "| ours       |    1.5 |",
        "| plain Bolt |      - |",
    ]


@pytest.mark.parametrize(
    ("value", "met"), [(0.1, True), (0.2, True), (0.2001, False), (None, False), (0.0, True)]
)
def test_an_aim_is_met_up_to_its_limit_and_never_unmeasured(value: float | None, met: bool) -> None:
    aim = Aim("ratio", value, 0.2)

    assert aim.met is met
    assert aims_table([aim]).splitlines()[-1].split(" | ")[-1].strip(" |") == ("met" if met else "missed")


def test_the_last_line_is_the_figures(capsys: pytest.CaptureFixture[str]) -> None:
    show("Clicks", ["| a |"], {"ratio_ack_p50": 0.25, "late_of_1000": 0})

    title, first, last = (line for line in capsys.readouterr().out.splitlines() if line)
    assert (title, first) == ("Clicks", "| a |")
    assert json.loads(last) == {"ratio_ack_p50": 0.25, "late_of_1000": 0}
