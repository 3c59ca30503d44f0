# SPDX-License-Identifier: Apache-2.0
"""Evidence of the state that a device or a collector is in, and its appraisal (RATS, RFC 9334)."""
