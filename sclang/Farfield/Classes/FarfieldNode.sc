// SPDX-License-Identifier: GPL-3.0-or-later
// A node of scsynth's tree.
FarfieldNode : FarfieldThing {
	classvar actions;

	*initClass {
		actions = (addToHead: "head", addToTail: "tail", addBefore: "before", addAfter: "after",
			addReplace: "replace");
	}

	// As in Synth and Group: \addToHead and the others, or "head", or 0 to 4.
	*addAction { |action|
		var names = #["head", "tail", "before", "after", "replace"];
		^if(action.isNumber) { names[action] } { actions[action.asSymbol] ? action }
	}

	// [\freq, 440, \pan, bus] or (freq: 440, pan: bus), as `controls` and, for buses, `map`.
	*controls { |args|
		var controls = (), map = ();
		var put = { |name, value|
			if(value.isKindOf(FarfieldBus)) { map[name.asSymbol] = value } {
				controls[name.asSymbol] = value
			}
		};
		if(args.isKindOf(Dictionary)) { args.keysValuesDo(put) } { args !? { args.pairsDo(put) } };
		^if(map.isEmpty) { (controls: controls) } { (controls: controls, map: map) }
	}

	prPlace { |params, target, addAction|
		if(target.notNil) { params[\target] = target };
		params[\action] = FarfieldNode.addAction(addAction);
		^params
	}

	// As Node: x.set(\freq, 440, \pan, -1). An Array sets a control that is one.
	set { |... args|
		this.prSet(FarfieldNode.controls(args))
	}

	// x.map(\freq, bus): the control reads the bus until it is set.
	map { |... args|
		this.prSet(FarfieldNode.controls(args))
	}

	run { |flag = true|
		this.prSet((run: flag))
	}

	// By its gate, where it has one.
	release { |action|
		farfield.call('node.release', (id: this), action)
	}

	free { |action|
		farfield.call('node.free', (id: this), action)
	}

	moveBefore { |target| this.prMove(target, "before") }
	moveAfter { |target| this.prMove(target, "after") }
	moveToHead { |target| this.prMove(target, "head") }
	moveToTail { |target| this.prMove(target, "tail") }

	// What Farfield knows of it. How that is answered see Farfield.ask.
	show { |action|
		^farfield.ask('node.show', (id: this), action)
	}

	prMove { |target, action|
		farfield.call('node.move', (id: this, target: target, action: action))
	}

	prSet { |params|
		params[\id] = this;
		farfield.call('node.set', params)
	}
}

FarfieldSynth : FarfieldNode {
	var <defName;

	*new { |farfield, name, args, target, addAction = \addToHead|
		^this.basicNew(farfield).prNew(name, args, target, addAction)
	}

	prNew { |name, args, target, addAction|
		var params = FarfieldNode.controls(args);
		params[\synthdef] = defName = name;
		this.prMake('synth.new', this.prPlace(params, target, addAction))
	}
}

FarfieldGroup : FarfieldNode {
	*new { |farfield, target, addAction = \addToHead|
		^this.basicNew(farfield).prNew((), target, addAction)
	}

	// One whose nodes scsynth may run at the same time.
	*parallel { |farfield, target, addAction = \addToHead|
		^this.basicNew(farfield).prNew((parallel: true), target, addAction)
	}

	prNew { |params, target, addAction|
		this.prMake('group.new', this.prPlace(params, target, addAction))
	}

	// Every node in it; deepFree: every synth below it, and the groups stay.
	freeAll { |action|
		farfield.call('group.free_all', (id: this), action)
	}

	deepFree { |action|
		farfield.call('group.deep_free', (id: this), action)
	}
}
