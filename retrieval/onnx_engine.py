"""ONNX Runtime in fp32: starts fastest, runs anywhere."""

from __future__ import annotations

from pathlib import Path

from retrieval.embedder import Vectors
from retrieval.engine import Ids
from retrieval.error import ModelUnavailable


class OnnxEngine:
    """One session with one thread per call."""

    name = "onnx"
    precision = "fp32"

    def __init__(self, graph: Path) -> None:
        try:
            import onnxruntime
        except ImportError as error:
            raise ModelUnavailable("The embedding engine is missing: pip install onnxruntime") from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])

    def run(self, ids: Ids, mask: Ids) -> Vectors:
        vectors: Vectors = self._session.run(["embedding"], {"input_ids": ids, "attention_mask": mask})[0]
        return vectors
