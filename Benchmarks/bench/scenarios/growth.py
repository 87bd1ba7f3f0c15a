async def run(directory, options):
    raise NotImplementedError
