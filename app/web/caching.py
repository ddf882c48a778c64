"""ETag and Cache-Control for answers that depend only on the bundle and the request."""

import hashlib
import importlib.metadata

from fastapi import Request, Response

REVALIDATE = "public, max-age=0, must-revalidate"
AN_HOUR = "public, max-age=3600"
FOREVER = "public, max-age=31536000, immutable"
LIVE = "no-store"
SOFTWARE = importlib.metadata.version("rgz-explorer")


def etag_of(*parts: object) -> str:
    """A weak ETag (bodies are compressed later) of the software and what decides the answer."""
    digest = hashlib.sha256("\n".join(map(str, (SOFTWARE, *parts))).encode()).hexdigest()
    return f'W/"{digest[:32]}"'


def unchanged(request: Request, etag: str, cache_control: str) -> Response | None:
    """A 304 if the caller has this answer already."""
    known = request.headers.get("if-none-match", "")
    if etag in (tag.strip() for tag in known.split(",")) or known.strip() == "*":
        return Response(status_code=304, headers=headers(etag, cache_control))
    return None


def headers(etag: str, cache_control: str) -> dict[str, str]:
    """The two headers."""
    return {"ETag": etag, "Cache-Control": cache_control}
