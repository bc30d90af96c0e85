"""Tables: data stays data, in its column."""

from __future__ import annotations

import pytest

from assets.steps.clean import clean_page
from data_contracts.source import Selectors


def table(inner: str, attributes: str = "") -> list[str]:
    body = f"<main><table {attributes}>{inner}</table></main>".encode()
    return clean_page(body, url="https://e.example/", charset="utf-8", selectors=Selectors()).markdown.split("\n")


def test_without_header_cells_the_header_is_empty_and_no_row_is_lost() -> None:
    assert table("<tr><td>a<td>1<tr><td>b<td>2") == ["|  |  |", "| --- | --- |", "| a | 1 |", "| b | 2 |"]


def test_a_first_row_of_header_cells_is_the_header() -> None:
    assert table("<tr><th>k<th>v<tr><td>a<td>1") == ["| k | v |", "| --- | --- |", "| a | 1 |"]


def test_row_headers_do_not_make_a_header() -> None:
    assert table("<tr><th>k<td>v<tr><th>l<td>w") == ["|  |  |", "| --- | --- |", "| k | v |", "| l | w |"]


def test_two_header_rows_become_one() -> None:
    head = "<thead><tr><th rowspan=2>day<th colspan=2>tide<tr><th>high<th>low</thead>"
    assert table(f"{head}<tr><td>Mon<td>6<td>12")[0] == "| day | tide high | tide low |"


def test_the_footer_comes_last_wherever_it_is_written() -> None:
    rows = table("<tfoot><tr><td>sum<td>3</tfoot><tbody><tr><td>a<td>1<tr><td>b<td>2</tbody>")
    assert rows[-1] == "| sum | 3 |"


def test_spans_are_filled_so_that_each_row_says_all_it_means() -> None:
    rows = table("<tr><th>a<th>b<th>c<tr><td rowspan=2>x<td colspan=2>y<tr><td>1<td>2")
    assert rows[2:] == ["| x | y | y |", "| x | 1 | 2 |"]


def test_a_span_to_the_end_and_absurd_spans_stay_within_the_table() -> None:
    rows = table("<tr><td rowspan=0>x<td>1<tr><td>2<tr><td rowspan=99999999>3<td colspan=-4>4")
    assert rows[2:] == ["| x | 1 |  |", "| x | 2 |  |", "| x | 3 | 4 |"]
    assert len(table("<tr><td colspan=999999>x<td>y<tr><td>1<td>2")[0]) < 2_000


def test_a_heading_row_over_the_whole_width_stands_once() -> None:
    assert "| Fruit |  |" in table("<tr><th>n<th>v<tr><td colspan=2>Fruit<tr><td>a<td>1")


def test_bars_in_cells_and_in_their_code_are_escaped() -> None:
    assert table("<tr><td>a|b<td><code>x|y</code><tr><td>1<td>2")[2] == "| a\\|b | `x\\|y` |"


def test_lists_breaks_and_paragraphs_in_cells_stay_on_one_line() -> None:
    row = table("<tr><td><p>one</p><p>two<br>three</p><td><ul><li>x<li>y</ul><tr><td>1<td>2")[2]
    assert row == "| one two three | x; y |"


def test_a_table_that_only_places_blocks_is_read_as_blocks() -> None:
    lines = table("<tr><td><h2>Left</h2><pre>a\nb</pre><td><table><tr><td>1<td>2<tr><td>3<td>4</table>")
    assert lines[0] == "## Left"
    assert "```" in lines
    assert "| 3 | 4 |" in lines


def test_one_line_of_code_in_a_cell_is_a_code_span() -> None:
    assert table("<tr><td><pre>ls -l</pre><td>list<tr><td>a<td>b")[2] == "| `ls -l` | list |"


@pytest.mark.parametrize("inner", ["", "<tr></tr>", "<caption></caption>", "<tr><td></td><td> </td></tr>"])
def test_an_empty_table_leaves_nothing(inner: str) -> None:
    body = f"<main><p>Text.</p><table>{inner}</table></main>".encode()
    cleaned = clean_page(body, url="https://e.example/", charset="utf-8", selectors=Selectors())
    assert cleaned.markdown == "Text."


def test_columns_without_any_text_are_left_out() -> None:
    assert table("<tr><td>a<td><td>1<tr><td>b<td><td>2")[2] == "| a | 1 |"
