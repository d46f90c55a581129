"""Speech engines of one's own machine, without a model: modules with the interfaces of the real libraries.

Chosen by settings.SANDBOX_ENGINES where no path of a model is set. A path that ends
like a faulty key of the vendors' emulators misbehaves: -401, -500, -drop, -garbage.
"""
