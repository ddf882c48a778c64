"""The offline work behind the command line. Never imported by app or model."""
