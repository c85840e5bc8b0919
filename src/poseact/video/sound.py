"""The sound of one video file carried over into another."""

from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

import av
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.packet import Packet

from poseact.errors import SourceError
from poseact.video.containers import OpenedVideo, start_time_s
from poseact.video.frames import DEFAULT_MAX_PIXELS

# What browsers play inside an mp4, with the least bytes of parameters that mp4 needs of each
# (RFC 7845, section 5.1; FLAC's STREAMINFO). Anything else (PCM, AC-3, Vorbis ...) is made AAC.
_COPIED_CODECS = {"aac": 0, "mp3": 0, "opus": 19, "flac": 34}
_AAC_RATES = frozenset({8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000})
_FALLBACK_RATE = 48_000
_AAC_BITS_PER_S = 128_000
_FAILURES = (av.FFmpegError, OSError, ValueError)

# Some sound ready to be written: when it begins, in seconds of the output, and its packets.
_Piece: TypeAlias = tuple[float, "list[Packet[AudioStream]]"]


class Sound:
    """Feeds the best sound stream of a file to an output, bit by bit, as the pictures advance.

    Nothing here stops the writing of a video: what cannot be copied is said in `warnings`.
    """

    def __init__(self, path: Path, output: OutputContainer, warnings: list[str]) -> None:
        """Open the original and add a stream to the output, where the original has sound.

        Args:
            path: The original video.
            output: A container to which nothing has been written yet.
            warnings: Lines are added to this list.
        """
        self._path = path
        self._output = output
        self._warnings = warnings
        self._opened: OpenedVideo | None = None
        self._pieces: Iterator[_Piece] = iter(())
        self._next: _Piece | None = None
        try:
            self._opened = OpenedVideo(path, DEFAULT_MAX_PIXELS)
            stream = self._opened.container.streams.best("audio")
            if isinstance(stream, AudioStream):
                self._begin(self._opened.container, stream)
        except (SourceError, *_FAILURES) as error:
            self._give_up(error)

    def _begin(self, container: InputContainer, stream: AudioStream) -> None:
        if stream.time_base is None or stream.codec_context is None:
            raise ValueError("a codec that FFmpeg does not know")
        for other in container.streams:
            if other is not stream:
                other.discard = av.stream.Discard.all
        origin = round(start_time_s(container) / stream.time_base)
        context = stream.codec_context
        needed = _COPIED_CODECS.get(context.codec.canonical_name)
        if needed is not None and len(context.extradata or b"") >= needed:
            target = self._output.add_stream_from_template(stream)
            self._pieces = self._copied(container, stream, target, origin)
        else:
            rate = context.sample_rate if context.sample_rate in _AAC_RATES else _FALLBACK_RATE
            target = self._output.add_stream("aac", rate=rate, bit_rate=_AAC_BITS_PER_S)
            target.codec_context.layout = "mono" if context.layout.nb_channels == 1 else "stereo"
            self._pieces = self._encoded(container, stream, target, origin)

    def copy_until(self, end_s: float) -> None:
        """Write the sound that begins before a time, in seconds of the output.

        Raises:
            OSError: If the output cannot be written, e.g. because the disk is full.
        """
        while (piece := self._piece_before(end_s)) is not None:
            try:
                self._output.mux(piece[1])
            except ValueError as error:  # FFmpeg's "invalid argument": a packet that mp4 cannot hold
                self._give_up(error)

    def _piece_before(self, end_s: float) -> _Piece | None:
        try:
            if self._next is None:
                self._next = next(self._pieces, None)
        except _FAILURES as error:
            self._give_up(error)
        if self._next is None or self._next[0] >= end_s:
            return None
        piece, self._next = self._next, None
        return piece

    def close(self) -> None:
        """Close the original."""
        if self._opened is not None:
            self._opened.close()

    def _give_up(self, error: Exception) -> None:
        reason = getattr(error, "strerror", None) or str(error)
        self._warnings.append(f"{self._path}: its sound could not be copied in full ({reason})")
        self._pieces, self._next = iter(()), None

    def _copied(
        self, container: InputContainer, stream: AudioStream, target: AudioStream, origin: int
    ) -> Iterator[_Piece]:
        """Packets as they are, on the output's clock, each with its time in seconds."""
        tick_s = float(stream.time_base or 0)
        last_dts = None
        for packet in container.demux(stream):
            if packet.size == 0 or packet.dts is None or packet.is_corrupt:
                continue
            packet.dts -= origin
            if last_dts is not None and packet.dts <= last_dts:  # mp4 cannot go back in time
                continue
            last_dts = packet.dts
            packet.pts = packet.dts if packet.pts is None else packet.pts - origin
            packet.stream = target
            yield packet.pts * tick_s, [packet]

    def _encoded(
        self, container: InputContainer, stream: AudioStream, target: AudioStream, origin: int
    ) -> Iterator[_Piece]:
        """The sound decoded and encoded anew, each piece with its time in seconds."""
        tick_s = float(stream.time_base or 0)
        time_s = 0.0
        for packet in container.demux(stream):
            try:
                pieces = stream.decode(packet)
            except av.FFmpegError:  # one damaged packet: the next ones may be well
                continue
            for piece in pieces:
                if piece.pts is not None:
                    piece.pts -= origin
                    time_s = piece.pts * tick_s
                yield time_s, target.encode(piece)
        yield time_s, target.encode(None)
