// SPDX-License-Identifier: GPL-3.0-or-later
// What Farfield makes for us, and which has no id before it has answered. It stands for that id
// wherever commands take one.
FarfieldThing {
	var <farfield, <id;
	var place; // "$3" while it is to be made by a bundle

	// One that is there already, by its id.
	*basicNew { |farfield, id|
		^super.newCopyArgs(farfield, id)
	}

	prMake { |method, params, body|
		var finish = { |result|
			id = result !? { result[\id] };
			place = nil
		};
		if(body.notNil) { ^farfield.prUpload(method, params, body, finish) };
		place = farfield.call(method, params, finish)
	}

	prId {
		^id ?? { place } ?? {
			Error("what this is about could not be made").throw
		}
	}

	// The same value with ids in the place of things.
	*prResolve { |value|
		^case
			{ value.isKindOf(FarfieldThing) } { value.prId }
			{ value.isKindOf(FarfieldRequest) } { value.prInBundle }
			{ value.isKindOf(Dictionary) } { value.collect { |each| this.prResolve(each) } }
			{ value.isString } { value }
			{ value.isSequenceableCollection } { value.collect { |each| this.prResolve(each) } }
			{ value }
	}

	printOn { |stream|
		stream << this.class.name << "(" << (id ? "not made yet") << ")"
	}
}

// Buses next to each other, of control or audio rate.
FarfieldBus : FarfieldThing {
	var <rate, <channels;

	*control { |farfield, channels = 1, values|
		^this.basicNew(farfield).prNew(\control, channels, values)
	}

	*audio { |farfield, channels = 2|
		^this.basicNew(farfield).prNew(\audio, channels)
	}

	prNew { |argRate, argChannels, values|
		var params = (rate: rate = argRate, channels: channels = argChannels);
		if(values.notNil) { params[\values] = values.asArray };
		this.prMake('bus.new', params)
	}

	set { |... values|
		farfield.call('bus.set', (id: this, values: values.flat))
	}

	// The values, as scsynth has them. How that is answered see Farfield.ask.
	get { |action|
		^farfield.ask('bus.show', (id: this), action, \values)
	}

	// The number that a control like `out` takes. In a Routine, once it is made.
	index {
		farfield.sync;
		^this.prId.drop(1).asInteger
	}

	free { |action|
		farfield.call('bus.free', (id: this), action)
	}
}
