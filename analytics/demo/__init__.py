"""The synthetic ledger (演示数据) that shows the product before real data comes."""

from analytics.demo.generate import DemoLedger, generate, write_store

__all__ = ["DemoLedger", "generate", "write_store"]
