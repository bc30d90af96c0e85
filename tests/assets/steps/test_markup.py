"""Elements: what each becomes in markdown."""

from __future__ import annotations

import pytest

from assets.steps.clean import clean_page
from data_contracts.source import Selectors


def markdown(inner: str) -> str:
    body = f"<main>{inner}</main>".encode()
    return clean_page(body, url="https://e.example/a/b.html", charset="utf-8", selectors=Selectors()).markdown


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>a <b>b</b><i> c </i>d</p>", "a **b** *c* d"),
        ("<p><b><strong>x</strong></b></p>", "**x**"),
        (
            "<p>snake_case _private_ 2*3 `tick` &lt;tag&gt; 1 &lt; 2</p>",
            r"snake_case \_private\_ 2\*3 \`tick\` \<tag> 1 < 2",
        ),
        ("<p># no heading</p><p>1. no list</p><p>- nor this</p>", "\\# no heading\n\n1\\. no list\n\n\\- nor this"),
        ("<div># no heading<br>+ nor list</div>", "\\# no heading  \n+ nor list"),
        ("<h2>A <code>b_c</code><a class=headerlink href='#x'>¶</a></h2>", "## A `b_c`"),
        ("<h3><a href='#x'>#</a> Title</h3>", "### Title"),
        ("<h3><a href='#x'>Title</a></h3>", "### Title"),
        ("<h2><a href='/p'>Post</a></h2>", "## [Post](https://e.example/p)"),
        ("<p><a href='../c d(1).html#e'>x</a></p>", "[x](https://e.example/c%20d%281%29.html#e)"),
        ("<p><a href='javascript:void(0)'>x</a> <a href='data:a,b'>y</a> <a href='http://[bad'>z</a></p>", "x y z"),
        ("<p><a href='https://e.example/'>https://e.example/</a></p>", "<https://e.example/>"),
        ("<a href='/card'><h3>Card</h3><p>Text.</p></a>", "### [Card](https://e.example/card)\n\nText."),
        ("<p><img src='i.png' alt='a [b]'><img src='deco.png'></p>", r"![a \[b\]](https://e.example/a/i.png)"),
        ("<p><img src='data:image/png;base64,AA' alt='chart'></p>", "chart"),
        ("<dl><dt>a<dt>b<dd>one<dd>two</dl>", "a\n\nb\n: one\n: two"),
        ("<details><summary>Why?</summary><p>So.</p></details>", "**Why?**\n\nSo."),
        ("<details><summary><h3>Why?</h3></summary><p>So.</p></details>", "### Why?\n\nSo."),
        ("<blockquote><p>a</p><p>b</p></blockquote>", "> a\n>\n> b"),
        ("<ul><li><pre><code class=lang-sh>a\n\nb</code></pre></ul>", "- ```sh\n  a\n\n  b\n  ```"),
        ("<p>10<sup>6</sup> 1<sup>st</sup> H<sub>2</sub>O</p>", "10^6 1st H2O"),
        ("<p>so\xa0much&shy;text\u200b here</p>".replace("\u200b", "&#8203;"), "so muchtext here"),
        (r"<p>as \(a_i * b_i\) and \[x_1\]</p>", "as $a_i * b_i$ and $$x_1$$"),
        ("<p><math alttext='x_1'><mi>x</mi></math></p>", "$x_1$"),
        ("<p><script type='math/tex'>_1 *</script></p>", "$_1 *$"),
        ("<soup>plain</soup> <h9>nine</h9> <fn_cache>x</fn_cache>", "plain nine x"),
    ],
)
def test_an_element_is_written_as_markdown(html: str, expected: str) -> None:
    assert markdown(html) == expected


@pytest.mark.parametrize(
    ("html", "language"),
    [
        ("<pre><code class='language-Rust hljs'>x</code></pre>", "rust"),
        ("<div class='highlight-c++ notranslate'><div class=highlight><pre>x</pre></div></div>", "c++"),
        ("<div class='highlight highlight-source-shell'><pre>x</pre></div>", "shell"),
        ("<pre class='brush: java; gutter: false'>x</pre>", "java"),
        ("<pre class='src src-lisp'>x</pre>", "lisp"),
        ("<div class='sourceCode'><pre class='sourceCode haskell'><code>x</code></pre></div>", "haskell"),
        ("<pre data-lang=toml>x</pre>", "toml"),
        ("<div class='highlight-default notranslate'><pre>x</pre></div>", ""),
        ("<div class=language-js><pre>a</pre><pre>b</pre></div>", ""),
        ("<pre class='code-block'>x</pre>", ""),
    ],
)
def test_a_fence_keeps_the_language_that_the_page_declares(html: str, language: str) -> None:
    assert markdown(html).split("\n")[0] == f"```{language}"


def test_a_fence_is_longer_than_the_backticks_in_it() -> None:
    assert markdown("<pre>a\n````\nb</pre>") == "`````\na\n````\nb\n`````"


def test_line_elements_and_breaks_in_code_are_line_ends() -> None:
    assert markdown("<pre><div>a</div><div>b</div></pre>") == "```\na\nb\n```"
    assert markdown("<pre>a<br>b</pre>") == "```\na\nb\n```"


def test_line_numbers_beside_code_are_left_out() -> None:
    cells = "<td class=linenos><pre>1\n2</pre></td><td class=code><pre class=lang-c>int a;\nint b;</pre></td>"
    assert markdown(f"<table class=highlighttable><tr>{cells}</tr></table>") == "```c\nint a;\nint b;\n```"
