"""Print the path of the Node.js that Playwright's package brings, for machines without one."""

from playwright._impl._driver import compute_driver_executable

if __name__ == "__main__":
    print(compute_driver_executable()[0])  # noqa: T201
