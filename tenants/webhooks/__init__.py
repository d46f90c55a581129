"""Telling a company's other software what happened (Standard Webhooks).

`outbox` writes messages in the transaction of the change that they tell of; `delivery`
takes them from there, in order, until they have arrived or are given up; `transport`
sends one, to an address that `targets` allows, with the signature of `signing`.
"""
