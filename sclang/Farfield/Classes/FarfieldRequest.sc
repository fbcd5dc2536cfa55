// SPDX-License-Identifier: GPL-3.0-or-later
// One command on its way: by which verb and path it is asked for, and what became of it.
FarfieldRequest {
	classvar routes;
	var farfield, <method, <params, body, action;

	*initClass {
		routes = (
			'bundle.send': ["POST", "/v1/bundles"],
			'buffer.free': ["DELETE", "/v1/buffers/{id}"],
			'buffer.generate': ["POST", "/v1/buffers/{id}/generate"],
			'buffer.list': ["GET", "/v1/buffers"],
			'buffer.new': ["POST", "/v1/buffers"],
			'buffer.read': ["GET", "/v1/buffers/{id}/samples"],
			'buffer.show': ["GET", "/v1/buffers/{id}"],
			'buffer.write': ["PATCH", "/v1/buffers/{id}/samples"],
			'bus.free': ["DELETE", "/v1/buses/{id}"],
			'bus.list': ["GET", "/v1/buses"],
			'bus.new': ["POST", "/v1/buses"],
			'bus.set': ["PATCH", "/v1/buses/{id}"],
			'bus.show': ["GET", "/v1/buses/{id}"],
			'clock.set': ["PATCH", "/v1/clock"],
			'clock.show': ["GET", "/v1/clock"],
			'group.deep_free': ["POST", "/v1/groups/{id}/deep_free"],
			'group.free_all': ["POST", "/v1/groups/{id}/free_all"],
			'group.new': ["POST", "/v1/groups"],
			'health.ready': ["GET", "/v1/health/ready"],
			'node.free': ["POST", "/v1/nodes/{id}/free"],
			'node.list': ["GET", "/v1/nodes"],
			'node.move': ["POST", "/v1/nodes/{id}/move"],
			'node.release': ["DELETE", "/v1/nodes/{id}"],
			'node.set': ["PATCH", "/v1/nodes/{id}"],
			'node.show': ["GET", "/v1/nodes/{id}"],
			'room.list': ["GET", "/v1/rooms"],
			'server.panic': ["POST", "/v1/server/panic"],
			'server.status': ["GET", "/v1/server"],
			'synth.new': ["POST", "/v1/nodes"],
			'synthdef.add': ["POST", "/v1/synthdefs"],
			'synthdef.delete': ["DELETE", "/v1/synthdefs/{name}"],
			'synthdef.list': ["GET", "/v1/synthdefs"]
		);
	}

	// `method` nil asks for nothing: its turn is all that matters.
	*new { |farfield, method, params, body, action|
		if(method.notNil and: { routes[method].isNil }) {
			Error("Farfield: the command % is not known here".format(method)).throw
		};
		^super.newCopyArgs(farfield, method, params, body, action)
	}

	// Calls `done` when the next one may go, whatever becomes of this one or of its function.
	prSend { |key, done|
		var finish = { |function|
			AppClock.sched(0, { done.value; nil });
			function.value
		};
		if(method.isNil) { ^finish.value(action) };
		try {
			this.prAsk(key, { |status, text, error|
				finish.value { this.prFinish(status, text, error) }
			})
		} { |error|
			finish.value { this.prFail(nil, error.errorString.replace("ERROR: ", "")) }
		}
	}

	prAsk { |key, onAnswer|
		var rest = FarfieldThing.prResolve(params);
		var verb = routes[method][0], path = this.prPath(rest), content;
		var type = if(body.isNil) { "application/json" } { "application/octet-stream" };
		var headers = ["Content-Type: " ++ type];
		if(key.notNil) { headers = headers.add("Authorization: Bearer " ++ key) };
		content = if(verb == "GET" or: { body.notNil }) {
			path = path ++ this.prQuery(rest);
			body
		} {
			FarfieldJson.write(rest)
		};
		FarfieldHttp.request(verb, farfield.url ++ path, headers, content,
			if(body.isNil) { 60 } { 600 }, onAnswer)
	}

	// What is in the path is taken out of `rest`.
	prPath { |rest|
		^routes[method][1].replace("{", "\n{").split($\n).collect { |part|
			this.prFillIn(part, rest)
		}.join
	}

	// "{id}/free" becomes "1000/free", and `id` is not needed any more.
	prFillIn { |part, rest|
		var close = part.find("}"), name;
		if(close.isNil) { ^part };
		name = part.copyRange(1, close - 1).asSymbol;
		^this.class.prEscape(rest.removeAt(name).asString) ++ part.drop(close + 1)
	}

	prQuery { |rest|
		var pairs = rest.asSortedArray.collect { |pair|
			pair.collect { |part| this.class.prEscape(part.asString) }.join("=")
		};
		^if(pairs.isEmpty) { "" } { "?" ++ pairs.join("&") }
	}

	*prEscape { |text|
		^text.as(Array).collect { |char|
			if("[A-Za-z0-9._~-]".matchRegexp(char.asString)) { char } {
				"%" ++ (char.ascii & 255).asHexString(2)
			}
		}.join
	}

	// The same as a part of a bundle; what is wrong with the whole has been said.
	prDone { |result, problem|
		var wrong = result !? { result[\error] };
		if(wrong.notNil) { ^this.prFail(wrong, this.class.prWords(wrong, wrong[\status])) };
		action.value(result, problem)
	}

	prInBundle {
		^(method: method, params: FarfieldThing.prResolve(params))
	}

	prFinish { |status, text, error|
		var answer;
		if(status.isNil) { ^this.prFail(nil, error) };
		try {
			answer = if(text.isEmpty) { () } { FarfieldJson.read(text) };
		} { |wrong|
			^this.prFail(nil, "what answers there is no Farfield (%)".format(wrong.errorString))
		};
		// Whether all is ready is asked by a probe, which is told by the status as well.
		if(status < 300 or: { method == 'health.ready' and: { answer[\ready].notNil } }) {
			action.value(answer, nil)
		} {
			this.prFail(answer, this.class.prWords(answer, status))
		}
	}

	*prWords { |problem, status|
		var words = if(status == 401) {
			"the key that Farfield(url, key) was given is missing or wrong"
		} {
			problem[\detail] ? "refused with status %".format(status)
		};
		problem[\errors].do { |each|
			words = words ++ "\n    % %".format(each[\field], each[\detail])
		};
		^words
	}

	prFail { |problem, words|
		"Farfield%: %".format(if(method.notNil) { ", " ++ method } { "" }, words).error;
		action.value(nil, problem ?? { (detail: words) })
	}
}
