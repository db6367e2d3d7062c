"""What scripts/other-readers does once everything is there: `other_readers.py <quickstart> <fault suite>`."""

import gzip, importlib.util, json, os, pathlib, re, socket, subprocess, sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest, ExportTraceServiceResponse

TOKEN = "/v3/auth/token"
QUICKSTART, FAULTS = sys.argv[1:]


class AgentOps(BaseHTTPRequestHandler):
    """Tokens for keys, and spans, decoded. A fault may say something else to a request before it is taken."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        fault = self.server.fault
        length = int(self.headers["content-length"])
        if self.path == TOKEN:
            self.rfile.read(length)
            return self.answer(200, json.dumps({"token": fault.token(), "project_id": "p"}).encode())
        with self.server.lock:
            fault.requests += 1
            number = fault.requests
        if fault.breaks_off(number):
            fault.happened += 1
            self.rfile.read(length // 2)
            return self.break_off()
        body = self.rfile.read(length)
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        request = ExportTraceServiceRequest.FromString(body)
        refusal = fault.refusal(number, len(body), request, self.headers.get("authorization"))
        if refusal:
            fault.happened += 1
            return self.answer(refusal[0], b"", *refusal[1:])
        answer = ExportTraceServiceResponse()
        rejected = fault.rejects(len(spans([request])))
        with self.server.lock:
            self.server.requests.append(without_the_first(request, rejected))
        if rejected:
            fault.happened += 1
            answer.partial_success.rejected_spans = rejected
            answer.partial_success.error_message = "some are not welcome"
        if fault.loses_answer(number):
            fault.happened += 1
            with self.server.lock:
                self.server.unanswered.update(span.span_id for span in spans([request]))
            return self.break_off()
        self.answer(200, answer.SerializeToString())

    def answer(self, status, body, *headers):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def break_off(self):
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *_):
        pass


class Fault:
    """None. What a case says otherwise, it overrides."""

    lost = 0
    twice = False

    def __init__(self):
        self.requests, self.happened = 0, 0

    def token(self):
        return "t"

    def breaks_off(self, number):
        return False

    def refusal(self, number, length, request, authorization):
        return None

    def rejects(self, count):
        return 0

    def loses_answer(self, number):
        return False


class Storm(Fault):
    """503 storm"""

    def refusal(self, number, *_):
        return (503,) if number <= 4 else None


class LeaveMeAlone(Fault):
    """429 with Retry-After"""

    def refusal(self, number, *_):
        return (429, ("retry-after", "1")) if number == 1 else None


class MidBody(Fault):
    """reset mid-body, twice"""

    def breaks_off(self, number):
        return number <= 2


class LostAnswer(Fault):
    """answers of delivered requests lost"""

    twice = True

    def loses_answer(self, number):
        return number in (1, 3)


class StormAndResets(Fault):
    """503 storm, resets and lost answers"""

    twice = True

    def breaks_off(self, number):
        return number % 4 == 1 and number < 12

    def refusal(self, number, *_):
        return (503,) if number % 4 == 2 and number < 12 else None

    def loses_answer(self, number):
        return number == 3


class Small(Fault):
    """413 above 12 KB"""

    def refusal(self, number, length, *_):
        return (413,) if length > 12_000 else None


class Poisoned(Fault):
    """400 for one poisoned span"""

    lost = 1

    def refusal(self, number, length, request, authorization):
        return (400,) if 123 in map(serial, spans([request])) else None


class Choosy(Fault):
    """partial success"""

    lost = 3

    def rejects(self, count):
        return self.lost if count >= self.lost and not self.happened else 0


class Expiring(Fault):
    """401 at token expiry"""

    issued = 0

    def token(self):
        self.issued += 1
        return f"t{self.issued}"

    def refusal(self, number, length, request, authorization):
        return (401,) if number > 2 and authorization == "Bearer t1" else None


def without_the_first(request, rejected):
    for resource in request.resource_spans:
        for scope in resource.scope_spans:
            gone = min(rejected, len(scope.spans))
            del scope.spans[:gone]
            rejected -= gone
    return request


def serve(fault=None):
    server = ThreadingHTTPServer(("127.0.0.1", 0), AgentOps)
    server.requests, server.unanswered, server.lock, server.fault = [], set(), threading.Lock(), fault or Fault()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_port}"


def environment(**told):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AGENTOPS_", "OTEL_", "OPENAI_"))}
    return kept | told


def run(auth, traces):
    told = environment(
        AGENTOPS_API_KEY="11111111-2222-4333-8444-555555555555",
        AGENTOPS_API_ENDPOINT=auth,
        AGENTOPS_EXPORTER_ENDPOINT=traces,
    )
    subprocess.run([QUICKSTART], env=told, check=True, timeout=120, stdout=subprocess.DEVNULL)


def spans(requests):
    return [
        span
        for request in requests
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def value(span, key):
    found = [attribute.value for attribute in span.attributes if attribute.key == key]
    assert len(found) == 1, f"{span.name} has {len(found)} of {key}"
    return getattr(found[0], found[0].WhichOneof("value"))


def serial(span):
    return value(span, "t.serial")


def check(requests):
    """What anybody would ask of a trace; gives what two ways of it must have in common."""
    found = spans(requests)
    by_id = {span.span_id: span for span in found}
    assert len(by_id) == len(found), "an id came twice"
    roots = [span for span in found if not span.parent_span_id]
    assert [root.name for root in roots] == ["quickstart.session"], roots
    for span in found:
        assert len(span.trace_id) == 16 and len(span.span_id) == 8
        assert span.trace_id == roots[0].trace_id, f"{span.name} is in another trace"
        assert not span.parent_span_id or span.parent_span_id in by_id, f"{span.name} hangs on nothing"
        assert 0 < span.start_time_unix_nano <= span.end_time_unix_nano
        keys = [attribute.key for attribute in span.attributes]
        assert len(keys) == len(set(keys)), f"a key of {span.name} came twice"
    calls = [span for span in found if value(span, "agentops.span.kind") == "llm"]
    assert calls, "no call of a model"
    for call in calls:
        tokens = [value(call, f"gen_ai.usage.{which}_tokens") for which in ("prompt", "completion", "total")]
        assert all(type(count) is int for count in tokens) and tokens[0] + tokens[1] == tokens[2], tokens
        assert value(call, "gen_ai.prompt.0.role") == "system"
    for resource in (resource for request in requests for resource in request.resource_spans):
        assert any(attribute.key == "service.name" for attribute in resource.resource.attributes)
    return sorted((span.name, span.kind, span.status.code, tuple(a.key for a in span.attributes)) for span in found)


def start_program(auth, traces):
    """The program of the fault suite that has its server elsewhere."""
    test = "faults::elsewhere::a_program_whose_server_stands_elsewhere"
    return subprocess.Popen(
        [FAULTS, "--exact", test, "--ignored", "--nocapture"],
        env=environment(AGENTOPS_TEST_AUTH=auth, AGENTOPS_TEST_TRACES=f"{traces}/v1/traces"),
        stdout=subprocess.PIPE,
        text=True,
    )


def account(name, program, server, lost, twice):
    """What it sent is what arrived and what it counted; what came twice is listed."""
    out, _ = program.communicate(timeout=120)
    assert program.returncode == 0, out
    said = json.loads(re.search(r"^elsewhere (.*)$", out, re.MULTILINE)[1])
    found = spans(server.requests)
    ids = {}
    for span in found:
        ids.setdefault(serial(span), []).append(span.span_id)
    again = {number: came for number, came in ids.items() if len(came) > 1}
    print(
        f"{name:<38} {said['sent']:>6} {len(ids):>8} {len(again):>6} {said['counted']:>8} {lost:>8}  retries {said['retries']}"
    )
    if again:
        listed = (f"{number} {came[0].hex()}" for number, came in sorted(again.items()))
        print(f"    came twice, with their span ids: {', '.join(listed)}")
    assert said["sent"] == len(ids) + said["counted"], f"{name}: spans are neither received nor counted"
    assert said["counted"] == lost, f"{name}: {said['counted']} spans were lost, {lost} may be"
    assert bool(again) == twice, f"{name}: was an answer lost or not?"
    for number, came in again.items():
        assert len(set(came)) == 1, f"{name}: {number} came as several spans"
        assert came[0] in server.unanswered, f"{name}: {number} came twice though no answer about it was lost"


def the_fault_suite():
    print(f"{'case':<38} {'sent':>6} {'received':>8} {'twice':>6} {'counted':>8} {'allowed':>8}")
    for case in (Fault, Storm, LeaveMeAlone, MidBody, LostAnswer, StormAndResets, Small, Poisoned, Choosy, Expiring):
        fault = case()
        server, address = serve(fault)
        name = "no fault" if case is Fault else case.__doc__
        account(name, start_program(address, address), server, case.lost, case.twice)
        assert bool(fault.happened) == (case is not Fault), f"{name}: it happened {fault.happened} times"
        server.shutdown()


def runs(binary):
    try:
        return subprocess.run([binary, "--version"], capture_output=True).returncode == 0
    except OSError:
        return False


class Collector:
    """rotel, which hands on to `sink` what it takes."""

    def __init__(self, binary, sink):
        with socket.create_server(("127.0.0.1", 0)) as free, socket.create_server(("127.0.0.1", 0)) as other:
            self.http, grpc = free.getsockname()[1], other.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.http}"
        self.command = [binary, "start", "--otlp-http-endpoint", f"127.0.0.1:{self.http}"]
        self.command += ["--otlp-grpc-endpoint", f"127.0.0.1:{grpc}", "--exporter", "otlp"]
        self.command += ["--otlp-exporter-endpoint", sink, "--otlp-exporter-protocol", "http", "--batch-timeout", "100ms"]
        self.process = None

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        began = time.monotonic()
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.http)).close()
                return
            except ConnectionRefusedError:
                assert self.process.poll() is None and time.monotonic() - began < 30, "rotel does not start"
                time.sleep(0.05)

    def wait_for(self, behind, count):
        began = time.monotonic()
        while len(spans(behind.requests)) < count:
            assert time.monotonic() - began < 60, f"{len(spans(behind.requests))} of {count} spans came out of rotel"
            time.sleep(0.05)

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait()


server, address = serve()
run(address, f"{address}/v1/traces")
direct = check(server.requests)
print(f"opentelemetry-proto reads {len(direct)} spans of the quickstart in {len(server.requests)} requests")
the_fault_suite()

package = importlib.util.find_spec("rotel")
binary = package and pathlib.Path(package.origin).parent / "rotel-agent"
if not binary or not binary.exists():
    print("skipped: a collector: rotel is not there")
    sys.exit()
if not runs(binary):
    print("skipped: a collector: rotel does not run on this machine")
    sys.exit()
behind, sink = serve()
collector = Collector(binary, sink)
try:
    collector.start()
    run(address, f"{collector.address}/v1/traces")
    collector.wait_for(behind, len(direct))
    through = check(behind.requests)
    assert through == direct, "what came out of rotel is something else"
    print(f"rotel took them and handed on the same {len(through)} spans")
finally:
    collector.stop()

# A collector that is not there yet as the program begins.
behind, sink = serve()
collector = Collector(binary, sink)
try:
    program = start_program(address, collector.address)
    # Its spans take 0.3 s; they wait.
    time.sleep(1.5)
    collector.start()
    collector.wait_for(behind, 500)
    account("rotel is down at the start", program, behind, 0, False)
finally:
    collector.stop()
