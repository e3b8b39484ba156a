"""A video of pictures by MoviePy, as its users write it: film.py SECONDS TARGET PICTURE …"""

import sys

from moviepy import ImageClip, concatenate_videoclips

seconds, target, *pictures = sys.argv[1:]
clips = [ImageClip(picture).with_duration(float(seconds)) for picture in pictures]
concatenate_videoclips(clips).write_videofile(target, fps=30, codec="libx264", audio=False, logger=None)
