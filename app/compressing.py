"""Making text smaller on its way to phones that share one bad Wi-Fi.

Compressed is what is asked for with GET and answered 200: pages, data, and static files, each of
these once in the life of the process. Never compressed is

* what is streamed (a whole ledger), asked for in ranges, or fits into one packet anyway;
* an answer to a POST: a ballot's answer is small, and its speed is what the box is measured by;
* a page at an address with a query, for a browser that has cookies. BREACH reads a secret out of
  compressed pages by letting them repeat guesses and watching their length. The secret would be
  our token, the guesses come by the address: no page repeats anything of an address without a
  query, and a browser without cookies has no secret yet. Besides, what makes a token good is its
  signature, made anew every second, and cookies are SameSite: no other site's page can let a
  browser fetch ours with them thousands of times.
"""

from flask import Flask, Response, request

from app.extensions import compress

ONE_PACKET = 1_400
TEXT = [
    "application/javascript",
    "application/json",
    "image/svg+xml",
    "text/css",
    "text/csv",
    "text/html",
    "text/javascript",
    "text/plain",
]


def compress_answers(app: Flask) -> None:
    """Compress what phones load; each static file once."""
    app.config |= {
        "COMPRESS_REGISTER": False,  # this module decides what, the extension does it
        "COMPRESS_ALGORITHM": ["br", "gzip"],
        "COMPRESS_MIMETYPES": TEXT,
        "COMPRESS_MIN_SIZE": ONE_PACKET,
        "COMPRESS_STREAMS": False,
        "COMPRESS_BR_LEVEL": 5,  # a page in half a millisecond; 11 takes fifty times as long
    }
    compress.init_app(app)
    # Files by their state and the algorithm.
    files: dict[tuple[str, str | None], bytes] = {}

    @app.after_request
    def compress_answer(response: Response) -> Response:
        if request.method != "GET" or response.mimetype not in TEXT:
            return response
        response.vary.add("Accept-Encoding")
        if response.status_code != 200 or "Range" in request.headers:
            return response
        if request.endpoint == "static":
            return _compressed_file(response, files)
        if response.is_streamed or (request.query_string and request.cookies):
            return response
        return compress.after_request(response)


def _compressed_file(response: Response, files: dict[tuple[str, str | None], bytes]) -> Response:
    """The file compressed as this browser reads it, and 304 if it has that already."""
    known_as = f"{request.path}|{response.get_etag()[0]}"
    algorithm = request.accept_encodings.best_match(["br", "gzip"])
    kept = files.get((known_as, algorithm))
    response.direct_passthrough = False
    if kept is None:
        response.get_data()  # read whole, it is no longer streamed
        response = compress.after_request(response)
        encoding = response.headers.get("Content-Encoding")
        if encoding:
            files[known_as, encoding] = response.get_data()
        return response
    etag, _weak = response.get_etag()
    response.close()
    response.set_data(kept)
    response.headers["Content-Encoding"] = str(algorithm)
    response.set_etag(f"{etag}:{algorithm}")
    response.make_conditional(request)
    return response
