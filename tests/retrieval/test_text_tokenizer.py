"""Token places of long texts are those of the text in one piece."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from retrieval.minilm import MiniLMFiles
from retrieval.text_tokenizer import TextTokenizer

DEFINITION = MiniLMFiles.installed().tokenizer.read_text(encoding="utf-8")
WHOLE = Tokenizer.from_str(DEFINITION)
WHOLE.no_truncation()
WHOLE.no_padding()
TOKENIZER = TextTokenizer(DEFINITION, 256)


@settings(max_examples=12, deadline=None)
@given(st.text(alphabet=st.sampled_from("ab é\u0301,.한漢\n\t -_"), max_size=60), st.integers(1_200, 4_000))
def test_a_text_of_many_parts_has_the_tokens_of_the_whole(line: str, times: int) -> None:
    text = (line + "\nplain words, then a number 42\n") * times
    assert TOKENIZER.offsets(text) == WHOLE.encode(text, add_special_tokens=False).offsets
