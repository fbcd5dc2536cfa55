// SPDX-License-Identifier: GPL-3.0-or-later
// A buffer of scsynth's over there. As a value it stands for its number: [buf: buffer].
FarfieldBuffer : FarfieldThing {
	*alloc { |farfield, frames, channels = 1|
		^this.basicNew(farfield).prAlloc(frames, channels)
	}

	// Sends a sound file of this machine's.
	*read { |farfield, path|
		if(File.exists(path).not) {
			Error("Farfield: there is no file %".format(path)).throw
		};
		^this.basicNew(farfield).prRead(path)
	}

	prAlloc { |frames, channels|
		this.prMake('buffer.new', (frames: frames, channels: channels))
	}

	prRead { |path|
		var file = PathName(path);
		this.prMake('buffer.new', (name: file.fileName), file)
	}

	// As Buffer.sine1: the amplitudes of the harmonics.
	sine1 { |amplitudes, normalize = true, asWavetable = true, clear = true|
		farfield.call('buffer.generate', (id: this, wave: "sine1", amplitudes: amplitudes.asArray,
			normalize: normalize, wavetable: asWavetable, clear: clear))
	}

	// Samples, those of all channels in turn.
	set { |start, values|
		farfield.call('buffer.write', (id: this, start: start, values: values.asArray))
	}

	// How that is answered see Farfield.ask.
	get { |start = 0, count = 1, action|
		^farfield.ask('buffer.read', (id: this, start: start, count: count), action, \samples)
	}

	show { |action|
		^farfield.ask('buffer.show', (id: this), action)
	}

	free { |action|
		farfield.call('buffer.free', (id: this), action)
	}
}
