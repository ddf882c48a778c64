"""Sky positions as people write them: coordinates, frames, names. `app.position` is the way in.

Nothing in here asks the network; `app.sesame` does that, and only for object names.
"""
