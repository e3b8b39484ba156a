"""What makes a video: ffmpeg as a process, stills, fades, times, chapters, subtitles, sound."""
