"""A small shop in a storm: every kind of step, policy and fault at once, so that the books are hard to balance."""

from __future__ import annotations

STORM = """
defaults: {network: {latency: {dist: exponential, mean: 2ms}, loss: 0.1%}}
services:
  gateway:
    replicas: 2
    workers: 6
    operations:
      buy: {steps: [{call: shop.buy}]}
  shop:
    replicas: 2
    workers: 4
    contention: 1ms
    operations:
      buy:
        style: sync
        broker: jobs
        server_errors: 2%
        steps:
          - {work: {dist: exponential, mean: 3ms}, effect: true, undo: 1ms}
          - {call: stock.take, undo: stock.give, times: 2}
          - parallel:
              steps:
                - {call: bank.charge, undo: bank.refund}
                - [{call: stock.look}, {pause: 5ms}, {call: stock.look}]
              until: all
              on_failure: fail_fast
          - choose:
              - {share: 60%, steps: [{call: bank.note, critical: false}]}
              - {share: 40%, steps: [{parallel: {steps: [{call: stock.look}, {call: bank.note}], until: any}}]}
          - {publish: sold, critical: false}
          - {call: stock.look, critical: false, on_error: {server_error: continue}}
        on_failure:
          - {publish: failed}
  stock:
    replicas: 2
    workers: 2
    queue: {discipline: lifo, capacity: 6}
    balancing: power_of_two
    discovery: {health_check: {every: 1s, failures: 2}, propagation: 300ms}
    operations:
      take: {work: {dist: exponential, mean: 4ms}, effect: true, client_errors: 2%}
      give: {work: 2ms, server_errors: 10%}
      look: {work: 1ms, server_errors: 5%}
  bank:
    replicas: 2
    workers: 3
    balancing: least_outstanding
    operations:
      charge: {steps: [{work: 2ms}, {call: provider.charge}], client_errors: 1%}
      refund: {work: 5ms, server_errors: 20%}
      note: {steps: [{publish: noted}]}
  provider:
    workers: 4
    queue: {capacity: 5}
    operations:
      charge: {work: {dist: exponential, mean: 8ms}, server_errors: 5%, effect: true}
  mail:
    replicas: 2
    workers: 2
    operations:
      confirm: {work: {dist: exponential, mean: 10ms}, server_errors: 5%, effect: true}
      apologise: {work: 2ms}
      note: {work: 1ms, server_errors: 30%}
brokers:
  bus: {preset: redis_pubsub}
  jobs: {preset: durable_queue, visibility_timeout: 400ms, max_deliveries: 3, redelivery_delay: 20ms}
topics:
  sold: {broker: bus, subscribers: [mail.confirm, {operation: mail.note, handling: sequential}]}
  failed: {broker: jobs, subscribers: [mail.apologise]}
  noted: {broker: jobs, subscribers: [{operation: mail.note, consumers: 1}]}
policies:
  hard:
    timeout: 60ms
    deadline: {total: 250ms, propagate: true}
    cancel: never
    retry: {max_retries: 2, backoff: {kind: exponential, base: 5ms, jitter: full}}
    breaker: {preset: strict, max_failures: 8, open_for: 100ms}
calls:
  default: hard
  client -> gateway: {timeout: 400ms, cancel: never}
  bank -> provider: {timeout: {dist: exponential, mean: 30ms}, breaker: {serialised: true}}
  shop -> stock: {breaker: {scope: callee, open_ends: timer}}
workload:
  - {call: gateway.buy, arrivals: {process: poisson, rate: 40/s}}
  - {name: path, path: /v1/buy, arrivals: {process: closed, users: 3, think: {dist: exponential, mean: 80ms}}}
routes:
  buy:
    on: gateway
    prefix: /v1
    split: {old: {to: shop.buy, share: 50%}, new: {to: stock.look, share: 50%}}
faults:
  - {name: slow, kind: slowdown, target: provider, factor: 5, at: 1s, for: 1s}
  - {name: crashes, kind: crash, target: shop, replicas: 1, at: 2s, for: 700ms}
  - {name: crash_all, kind: crash, target: stock, at: 2500ms, for: 500ms}
  - {name: crash_more, kind: crash, target: bank, replicas: 1, at: 2600ms, for: 500ms}
  - {name: crash_gateway, kind: crash, target: gateway, replicas: 1, at: 4s, for: 200ms}
  - {name: crash_mail, kind: crash, target: mail, replicas: 1, at: 4200ms, for: 400ms}
  - {name: pause, kind: pause, target: bank, at: 3500ms, for: 300ms}
  - {name: pause_shop, kind: pause, target: "shop[0]", at: 3700ms, for: 300ms}
  - {name: cut, kind: partition, target: shop <-> bank, at: 4500ms, for: 200ms}
  - {name: refused, kind: partition, mode: refuse, target: gateway -> shop, at: 4800ms, for: 200ms}
  - {name: outage, kind: broker_down, target: "broker:jobs", at: 5s, for: 300ms}
  - {name: losses, kind: loss, target: shop -> stock, share: 20%, at: 5500ms, for: 300ms}
  - {name: errors, kind: errors, target: stock.take, share: 50%, at: 5800ms, for: 300ms}
run: {duration: 6500ms, drain: 20s, seed: 3}
"""
