from channels.consumer import AsyncConsumer


class CallConsumer(AsyncConsumer):
    pass
