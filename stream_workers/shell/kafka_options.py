"""How aiokafka is told where Kafka is: the same settings in its words."""

import ssl
from typing import Any

from connectors.kit.program_settings import KafkaSettings


def aiokafka_options(kafka: KafkaSettings) -> dict[str, Any]:
    """Keyword arguments for aiokafka's clients."""
    options: dict[str, Any] = {
        "bootstrap_servers": kafka.bootstrap_servers,
        "security_protocol": kafka.security_protocol,
    }
    if kafka.sasl_mechanism is not None:
        options["sasl_mechanism"] = kafka.sasl_mechanism
        options["sasl_plain_username"] = kafka.sasl_username
        options["sasl_plain_password"] = kafka.sasl_password and kafka.sasl_password.get_secret_value()
    context = ssl_context(kafka)
    if context is not None:
        options["ssl_context"] = context
    return options


def ssl_context(kafka: KafkaSettings) -> ssl.SSLContext | None:
    """The certificates that brokers are checked against, where the connection is encrypted."""
    if not kafka.security_protocol.endswith("SSL"):
        return None
    return ssl.create_default_context(cafile=str(kafka.ssl_ca_file) if kafka.ssl_ca_file else None)
