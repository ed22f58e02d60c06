"""The explainer: would somebody's approval be counted, and why; it changes nothing."""
