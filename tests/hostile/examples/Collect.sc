// SPDX-License-Identifier: GPL-3.0-or-later
// Lets harvest.scd see each definition that an example makes, and plays none.
+ SynthDef {
	build { arg ugenGraphFunc, rates, prependArgs;
		protect {
			this.initBuild;
			this.buildUgenGraph(ugenGraphFunc, rates, prependArgs);
			this.finishBuild;
			func = ugenGraphFunc;
			Library.at(\collect).value(this);
		} {
			UGen.buildSynthDef = nil;
		}
	}
}
+ Function {
	play { arg target, outbus = 0, fadeTime = 0.02, addAction=\addToHead, args; ^this.asSynthDef(fadeTime: fadeTime, name: "f") }
	scope { ^this.asSynthDef(name: "f") }
	plot { ^this.asSynthDef(name: "f") }
	freqscope { ^this.asSynthDef(name: "f") }
	loadToFloatArray { ^this.asSynthDef(name: "f") }
}
