"""What a site was told: PBXs, sinks, people and their tokens, in `site.sqlite`. One small Django app a subject.

An app has `models` (its tables), `operations` (what can be done with them) and `migrations`; none has a page. An
operation checks all before it keeps anything, is one transaction, and tells whoever subscribed (see `changed`).
"""
