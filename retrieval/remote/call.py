"""One request to a provider: texts in, vectors and the tokens that it counted out; its failures in our words."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from retrieval.embedder import Vectors
from retrieval.error import ModelUnavailable, Throttled
from retrieval.remote.access import RemoteAccess
from retrieval.remote.catalog import Protocol, RemoteModel

Embedded = tuple[Vectors, int]
Call = Callable[[Sequence[str], bool], Embedded]
"""Takes texts and whether they are questions; returns vectors, one row a text, and the tokens that are charged."""

_SECONDS = 30.0
_RETRIES = 4
_SOON = {"ThrottlingException", "ServiceUnavailableException", "ModelTimeoutException", "InternalServerException"}
_NOT_READY = {"ModelNotReadyException", "ServiceQuotaExceededException"}


def open_call(name: str, model: RemoteModel, access: RemoteAccess) -> Call:
    """Return what asks a model. Raises ModelUnavailable when what opens it is not configured."""
    if model.protocol is Protocol.OPENAI:
        return _openai(name, model, access)
    return _bedrock(name, model, access)


def _openai(name: str, model: RemoteModel, access: RemoteAccess) -> Call:
    import openai

    if not access.openai_api_key and not access.openai_base_url:
        raise ModelUnavailable(f"The embedding model {name} needs a key: set OPENAI_API_KEY.")
    client = openai.OpenAI(
        api_key=access.openai_api_key or "none",
        base_url=access.openai_base_url or None,
        max_retries=_RETRIES,
        timeout=_SECONDS,
    )

    def call(texts: Sequence[str], _: bool) -> Embedded:
        try:
            found = client.embeddings.create(
                model=model.model, input=list(texts), dimensions=model.dimension, encoding_format="float"
            )
        except openai.OpenAIError as error:
            raise _openai_failure(error, name) from error
        rows = [item.embedding for item in sorted(found.data, key=lambda item: item.index)]
        return _array(rows, len(texts), model, name), found.usage.total_tokens

    return call


def _openai_failure(error: Exception, name: str) -> Exception:
    import openai

    if isinstance(error, openai.RateLimitError) and getattr(error, "code", "") == "insufficient_quota":
        return ModelUnavailable(f"OpenAI's account has no credit left for {name}. Add some, then run it again.")
    if isinstance(error, openai.RateLimitError):
        return Throttled(f"OpenAI limits how often {name} may be asked (429).", _named_pause(error.response.headers))
    if isinstance(error, openai.AuthenticationError | openai.PermissionDeniedError):
        return ModelUnavailable(f"OpenAI refuses the key for {name} ({error.status_code}). Check OPENAI_API_KEY.")
    if isinstance(error, openai.APIConnectionError):
        return Throttled(f"{name} cannot be reached ({type(error).__name__}). Check OPENAI_BASE_URL and the network.")
    if isinstance(error, openai.APIStatusError) and error.status_code >= 500:
        return Throttled(f"{name} answered {error.status_code}, and went on doing so.")
    return ModelUnavailable(f"{name} refuses a request: {str(error)[:300]}")


def _named_pause(headers: Any) -> float | None:
    try:
        return float(headers.get("retry-after", ""))
    except ValueError:
        return None


def _bedrock(name: str, model: RemoteModel, access: RemoteAccess) -> Call:
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    client = boto3.client(
        "bedrock-runtime",
        region_name=access.bedrock_region,
        endpoint_url=access.bedrock_endpoint or None,
        config=Config(
            retries={"mode": "standard", "max_attempts": _RETRIES + 1},
            max_pool_connections=max(10, access.parallel),
            connect_timeout=5,
            read_timeout=_SECONDS,
        ),
    )

    def call(texts: Sequence[str], is_question: bool) -> Embedded:
        body = _body(texts, model, is_question)
        try:
            answer = client.invoke_model(modelId=model.model, body=json.dumps(body), accept="application/json")
        except ClientError as error:
            raise _bedrock_failure(error, name) from error
        except BotoCoreError as error:
            raise _local_failure(error, name) from error
        found = json.loads(answer["body"].read())
        headers = answer["ResponseMetadata"]["HTTPHeaders"]
        tokens = int(headers.get("x-amzn-bedrock-input-token-count") or found.get("inputTextTokenCount") or 0)
        rows = [found["embedding"]] if model.protocol is Protocol.TITAN else found["embeddings"]
        return _array(rows, len(texts), model, name), tokens

    return call


def _body(texts: Sequence[str], model: RemoteModel, is_question: bool) -> dict[str, Any]:
    if model.protocol is Protocol.TITAN:
        return {"inputText": texts[0], "dimensions": model.dimension, "normalize": True}
    kind = "search_query" if is_question else "search_document"
    return {"texts": list(texts), "input_type": kind, "truncate": "END"}


def _bedrock_failure(error: Any, name: str) -> Exception:
    """The words of AWS name accounts and roles: only the code goes into a message."""
    code = error.response["Error"]["Code"]
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    if code in _SOON or status == 429 or status >= 500:
        return Throttled(f"Bedrock does not answer for {name} at the moment ({code}).")
    if code in _NOT_READY:
        return Throttled(f"Bedrock is not ready for {name} ({code}).")
    if code == "AccessDeniedException":
        return ModelUnavailable(
            f"Bedrock refuses {name}. Ask for access to the model in the region's Bedrock console, and give the role "
            "the right bedrock:InvokeModel on it."
        )
    if code in ("ExpiredTokenException", "UnrecognizedClientException", "InvalidSignatureException"):
        return ModelUnavailable(f"The AWS credentials have expired or are not valid ({code}). Renew them.")
    return ModelUnavailable(f"Bedrock refuses a request for {name} ({code}). Is the model offered in that region?")


def _local_failure(error: Exception, name: str) -> Exception:
    if type(error).__name__ in ("NoCredentialsError", "PartialCredentialsError", "TokenRetrievalError"):
        return ModelUnavailable(f"There are no AWS credentials for {name}. Use a role, or run `aws configure`.")
    return Throttled(f"Bedrock cannot be reached for {name} ({type(error).__name__}). Check the network and region.")


def _array(rows: Any, count: int, model: RemoteModel, name: str) -> Vectors:
    """Check that the provider sent what was asked for, and give every row the length of one."""
    if isinstance(rows, dict):
        rows = rows["float"]
    vectors = np.asarray(rows, dtype=np.float32)
    if vectors.shape != (count, model.dimension):
        raise ModelUnavailable(f"{name} sent vectors of shape {vectors.shape} for {count} texts of {model.dimension}.")
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    result: Vectors = (vectors / np.where(norms > 0, norms, 1)).astype(np.float32)
    return result
