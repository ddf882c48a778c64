"""Which folders the wheel takes: the rooms, and the page below app/web. All else: pyproject."""

from setuptools import find_namespace_packages, setup

CODE = find_namespace_packages(include=["app*", "model*", "scripts*"], exclude=["*__pycache__"])
PAGE = {
    f"app.web.{folder}": folder.replace(".", "/")
    for folder in find_namespace_packages(include=["static*", "templates*"])
}

setup(
    packages=[*CODE, *PAGE],
    package_dir=PAGE,
    package_data={name: ["*"] for name in PAGE}
    | {"app.surveys": ["*.fits"], "model.weights": ["*"]},
)
