// SPDX-License-Identifier: GPL-3.0-or-later
// A Farfield, near or far, played from here.
//
// Everything is asked for in order, one after the other, and nothing waits: a synth can be set in the
// line after the one that makes it. What is asked for by name or number is looked up only when its
// turn comes, by when the answers that it depends on are there.
Farfield {
	classvar maxQueue = 2000;
	var <url, key;
	var queue; // of FarfieldRequest; the first is on its way
	var bundle; // the FarfieldBundle whose function runs just now, else nil

	*new { |url = "http://127.0.0.1:8080", key|
		^super.newCopyArgs(this.prCleanUrl(url), key, List.new)
	}

	*prCleanUrl { |url|
		while { url.notEmpty and: { url.last == $/ } } { url = url.drop(-1) };
		if("^https?://[^/]+".matchRegexp(url).not) {
			Error("Farfield: % is not the address of a server".format(url)).throw
		};
		^url
	}

	// --- playing -----------------------------------------------------------------------------------

	// As Synth.new: [\freq, 440] or (freq: 440).
	synth { |name, args, target, addAction = \addToHead|
		^FarfieldSynth(this, name, args, target, addAction)
	}

	group { |target, addAction = \addToHead|
		^FarfieldGroup(this, target, addAction)
	}

	controlBus { |channels = 1, values|
		^FarfieldBus.control(this, channels, values)
	}

	audioBus { |channels = 2|
		^FarfieldBus.audio(this, channels)
	}

	buffer { |frames, channels = 1|
		^FarfieldBuffer.alloc(this, frames, channels)
	}

	readBuffer { |path|
		^FarfieldBuffer.read(this, path)
	}

	// Sends what the function asks for as one: all of it happens together, so many seconds from when
	// Farfield gets it, or (at: a Unix time), or (beats: 4) at the next such beat of its clock.
	bundle { |when = 0.2, function, action|
		var made = FarfieldBundle(this);
		if(bundle.notNil) { Error("Farfield: a bundle cannot hold a bundle").throw };
		bundle = made;
		protect { function.value(this) } { bundle = nil };
		made.prSend(when, action);
	}

	panic { |action|
		this.call('server.panic', (), action)
	}

	addSynthDef { |def, action|
		this.prUpload('synthdef.add', (), def.asBytes, action)
	}

	removeSynthDef { |name, action|
		this.call('synthdef.delete', (name: name), action)
	}

	// --- asking ------------------------------------------------------------------------------------
	// In a Routine, the answer is what these return. Else it goes to `action`, or is posted.

	status { |action| ^this.ask('server.status', (), action) }
	ready { |action| ^this.ask('health.ready', (), action) }
	nodes { |action| ^this.ask('node.list', (), action, \nodes) }
	rooms { |action| ^this.ask('room.list', (), action, \rooms) }
	synthDefs { |action| ^this.ask('synthdef.list', (), action, \synthdefs) }

	ask { |method, params, action, member|
		var answer, done = Condition.new;
		var finish = { |result, problem|
			answer = if(result.notNil and: { member.notNil }) { result[member] } { result };
			case
				{ action.notNil } { action.value(answer, problem) }
				{ problem.isNil and: { done.test.isNil } } { answer.postln };
			done.test = true;
			done.signal
		};
		var waits = action.isNil and: { thisThread.isKindOf(Routine) };
		if(waits.not) { done.test = nil };
		this.call(method, params, finish);
		if(waits) { done.wait; ^answer };
	}

	// In a Routine: goes on when all that was asked for so far has been answered.
	sync {
		var done = Condition.new;
		this.prEnqueue(FarfieldRequest(this, nil, nil, nil, { done.test = true; done.signal }));
		done.wait;
	}

	// --- the way there -----------------------------------------------------------------------------

	// Any command that FarfieldRequest knows. action: |result, problem|, of which one is nil.
	// Returns the place in the bundle, where there is one.
	call { |method, params, action|
		var request = FarfieldRequest(this, method.asSymbol, params ? (), nil, action);
		if(bundle.notNil) { ^bundle.prAdd(request) };
		this.prEnqueue(request);
		^nil
	}

	prUpload { |method, params, body, action|
		if(bundle.notNil) { Error("Farfield: a bundle cannot hold a file").throw };
		this.prEnqueue(FarfieldRequest(this, method, params, body, action))
	}

	prEnqueue { |request|
		if(queue.size >= maxQueue) {
			request.prFail(nil, "more than % commands wait for an answer".format(maxQueue));
			^this
		};
		queue.add(request);
		// An error that is caught within an expression would upset sclang's stack: not in this one.
		if(queue.size == 1) { AppClock.sched(0, { this.prNext; nil }) };
	}

	prNext {
		if(queue.notEmpty) { queue.first.prSend(key, { queue.removeAt(0); this.prNext }) }
	}

	printOn { |stream|
		stream << "Farfield(" << url << ")"
	}
}

+ SynthDef {
	// Uploads the definition; what is asked for behind it finds it there.
	addTo { |farfield, action|
		farfield.addSynthDef(this, action)
	}
}
