"""The API's shapes as types for the page: `python -m tests.api_types` writes them anew."""

import json
import subprocess
import tempfile
from pathlib import Path

from fastapi import FastAPI

from app.main import add_routes

ROOT = Path(__file__).parents[1]
TYPES = ROOT / "types" / "api.d.ts"
MAKER = ROOT / "node_modules" / ".bin" / "openapi-typescript"


def api_types() -> str:
    """What openapi-typescript makes of the OpenAPI document of all routes."""
    app = FastAPI()
    add_routes(app)
    with tempfile.TemporaryDirectory() as directory:
        document, types = Path(directory) / "openapi.json", Path(directory) / "api.d.ts"
        document.write_text(json.dumps(app.openapi()))
        subprocess.run([MAKER, document, "--output", types], check=True, capture_output=True)
        return types.read_text()


if __name__ == "__main__":
    TYPES.write_text(api_types())
