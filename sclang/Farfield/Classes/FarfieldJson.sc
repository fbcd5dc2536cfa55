// SPDX-License-Identifier: GPL-3.0-or-later
// JSON (RFC 8259), both ways and strictly. Objects are read as Events with Symbols for keys, null as
// nil. String.parseJSON would give numbers as text, and take YAML for JSON.
FarfieldJson {
	classvar maxDepth = 100;
	var text, at, depth;

	*read { |text|
		^super.newCopyArgs(text, 0, 0).prReadAll
	}

	// --- writing ---------------------------------------------------------------------------------

	*write { |value|
		^case
			{ value.isNil } { "null" }
			{ value.isKindOf(Boolean) } { value.asString }
			{ value.isInteger } { value.asString }
			{ value.isFloat } { this.prWriteFloat(value) }
			{ value.isString or: { value.isKindOf(Symbol) } } { this.prWriteString(value.asString) }
			{ value.isKindOf(Dictionary) } { this.prWriteObject(value) }
			{ value.isSequenceableCollection } {
				"[%]".format(value.collect { |each| this.write(each) }.join(","))
			}
			{ Error("% cannot be written as JSON".format(value.class.name)).throw }
	}

	*prWriteFloat { |value|
		if(value.isNaN or: { value.abs == inf }) {
			Error("% cannot be written as JSON".format(value)).throw
		};
		^value.asStringPrec(17)
	}

	*prWriteObject { |object|
		var members = object.asSortedArray.collect { |pair|
			this.prWriteString(pair[0].asString) ++ ":" ++ this.write(pair[1])
		};
		^"{%}".format(members.join(","))
	}

	*prWriteString { |string|
		var stream = CollStream.on(String.new(string.size + 2));
		stream << $";
		string.do { |char|
			case
				{ char == $" or: { char == $\\ } } { stream << $\\ << char }
				{ char.ascii >= 0 and: { char.ascii < 32 } } {
					stream << "\\u00" << char.ascii.asHexString(2)
				}
				{ stream << char }
		};
		stream << $";
		^stream.collection
	}

	// --- reading ---------------------------------------------------------------------------------

	prReadAll {
		var value = this.prReadValue;
		this.prSkipSpace;
		if(at < text.size) { this.prFail };
		^value
	}

	prFail {
		Error("not JSON, at byte %".format(at)).throw
	}

	prSkipSpace {
		while { at < text.size and: { " \t\n\r".includes(text[at]) } } { at = at + 1 };
	}

	prReadValue {
		this.prSkipSpace;
		^switch(text[at],
			${, { this.prDeeper { this.prReadObject } },
			$[, { this.prDeeper { this.prReadArray } },
			$", { this.prReadString },
			$t, { this.prReadWord("true", true) },
			$f, { this.prReadWord("false", false) },
			$n, { this.prReadWord("null", nil) },
			{ this.prReadNumber })
	}

	prDeeper { |function|
		var value;
		depth = depth + 1;
		if(depth > maxDepth) { this.prFail };
		value = function.value;
		depth = depth - 1;
		^value
	}

	prExpect { |char|
		this.prSkipSpace;
		if(text[at] != char) { this.prFail };
		at = at + 1;
	}

	// Whether what is next is `char`, which is then behind us.
	prTake { |char|
		this.prSkipSpace;
		if(text[at] != char) { ^false };
		at = at + 1;
		^true
	}

	prReadWord { |word, value|
		if(text.copyRange(at, at + word.size - 1) != word) { this.prFail };
		at = at + word.size;
		^value
	}

	prReadObject {
		var object = ();
		this.prExpect(${);
		if(this.prTake($})) { ^object };
		while {
			var key;
			this.prSkipSpace;
			key = this.prReadString.asSymbol;
			this.prExpect($:);
			object[key] = this.prReadValue;
			this.prTake($,)
		};
		this.prExpect($});
		^object
	}

	prReadArray {
		var array = Array.new(8);
		this.prExpect($[);
		if(this.prTake($])) { ^array };
		while {
			array = array.add(this.prReadValue);
			this.prTake($,)
		};
		this.prExpect($]);
		^array
	}

	prReadNumber {
		var from = at, part;
		while { at < text.size and: { "+-.0123456789eE".includes(text[at]) } } { at = at + 1 };
		part = text.copyRange(from, at - 1);
		if("^-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][-+]?[0-9]+)?$".matchRegexp(part).not) {
			at = from;
			this.prFail
		};
		// What 32 bits do not hold becomes a Float, as it does in sclang.
		^if("^-?[0-9]+$".matchRegexp(part) and: { part.asFloat.abs < 2147483648.0 }) {
			part.asInteger
		} { part.asFloat }
	}

	prReadString {
		var stream, char;
		this.prExpect($");
		stream = CollStream.on(String.new(32));
		while { char = text[at]; char != $" } {
			if(char.isNil or: { char.ascii >= 0 and: { char.ascii < 32 } }) { this.prFail };
			at = at + 1;
			stream << if(char == $\\) { this.prReadEscape } { char };
		};
		at = at + 1;
		^stream.collection
	}

	prReadEscape {
		var char = text[at] ?? { this.prFail };
		at = at + 1;
		^switch(char,
			$n, { $\n }, $t, { $\t }, $r, { $\r }, $b, { 8.asAscii }, $f, { 12.asAscii },
			$", { $" }, $\\, { $\\ }, $/, { $/ },
			$u, { this.prReadCode },
			{ this.prFail })
	}

	prReadHex {
		var digits = text.copyRange(at, at + 3);
		if("^[0-9a-fA-F]{4}$".matchRegexp(digits).not) { this.prFail };
		at = at + 4;
		^digits.toUpper.inject(0) { |sum, char| (sum * 16) + char.digit }
	}

	// \uXXXX, or two of them for what is beyond 16 bits, as UTF-8.
	prReadCode {
		var code = this.prReadHex, low;
		if(code >= 0xD800 and: { code <= 0xDBFF } and: { text.copyRange(at, at + 1) == "\\u" }) {
			at = at + 2;
			low = this.prReadHex;
			code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
		};
		^this.prUtf8(code).collect(_.asAscii).join
	}

	prUtf8 { |code|
		var last = 0x80 | (code & 63);
		^case
			{ code < 0x80 } { [code] }
			{ code < 0x800 } { [0xC0 | (code >> 6), last] }
			{ code < 0x10000 } { [0xE0 | (code >> 12), 0x80 | ((code >> 6) & 63), last] }
			{ [0xF0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), last] }
	}
}
