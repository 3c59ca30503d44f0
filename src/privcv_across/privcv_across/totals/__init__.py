# SPDX-License-Identifier: Apache-2.0
"""From verified shares to a total with noise: what each collector does as a window closes."""
