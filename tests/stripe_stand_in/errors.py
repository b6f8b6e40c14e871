"""Errors in the shape Stripe answers them: one class, and a constructor per common case."""

from __future__ import annotations

from typing import Any


class StripeError(Exception):
    """An answer other than 200: HTTP status plus the fields of Stripe's `error` object."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.kind = kind
        self.code = code
        self.param = param
        self.extra = extra

    def body(self) -> dict[str, Any]:
        """The JSON body, absent fields left out as Stripe does."""
        error: dict[str, Any] = {"type": self.kind, "message": self.message}
        if self.code is not None:
            error["code"] = self.code
            error["doc_url"] = f"https://stripe.com/docs/error-codes/{self.code.replace('_', '-')}"
        if self.param is not None:
            error["param"] = self.param
        return {"error": error | self.extra}


def no_such(kind: str, given: str, param: str | None = "id") -> StripeError:
    """404 for an id in the path, 400 for an id in a parameter, both `resource_missing`."""
    word = kind.replace("_", " ")
    status = 404 if param == "id" else 400
    return StripeError(
        f"No such {word}: '{given}'", status=status, code="resource_missing", param=param
    )


def missing(param: str) -> StripeError:
    return StripeError(f"Missing required param: {param}.", code="parameter_missing", param=param)


def invalid(message: str, param: str | None = None, code: str | None = None) -> StripeError:
    return StripeError(message, code=code, param=param)


def not_modelled(param: str) -> StripeError:
    """Ours, not Stripe's: the real one accepts this, and silently ignoring it would be a lie."""
    return StripeError(
        f"The stand-in does not model '{param}'; teach it before relying on it.",
        code="stand_in_not_modelled",
        param=param,
    )


def declined(decline_code: str, code: str = "card_declined", **extra: Any) -> StripeError:
    """402 `card_error`; `code` differs from `card_declined` for expired cards and wrong CVCs."""
    words = {
        "expired_card": "Your card has expired.",
        "incorrect_cvc": "Your card's security code is incorrect.",
        "insufficient_funds": "Your card has insufficient funds.",
        "authentication_required": (
            "Your card was declined. This transaction requires authentication."
        ),
    }
    return StripeError(
        words.get(decline_code, "Your card was declined."),
        status=402,
        kind="card_error",
        code=code,
        decline_code=decline_code,
        **extra,
    )
