#include "daemon/sources/webhook_signature.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <string>

namespace culprit {

namespace {

// https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
// https://docs.sentry.io/organization/integrations/integration-platform/webhooks/
// https://vercel.com/docs/webhooks/webhooks-api (securing webhooks)
constexpr std::array kSignatures{
    WebhookSignature{"github", "X-Hub-Signature-256", "sha256=", false},
    WebhookSignature{"sentry", "Sentry-Hook-Signature", "", false},
    WebhookSignature{"vercel", "x-vercel-signature", "", true},
};

}  // namespace

const WebhookSignature* signature_of(std::string_view sender) {
    for (const WebhookSignature& known : kSignatures)
        if (known.sender == sender) return &known;
    return nullptr;
}

bool signed_with(const WebhookSignature& signature, std::string_view given, std::string_view body, std::string_view secret) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    const EVP_MD* kind = signature.sha1 ? EVP_sha1() : EVP_sha256();
    if (!HMAC(kind, secret.data(), static_cast<int>(secret.size()), reinterpret_cast<const unsigned char*>(body.data()),
              body.size(), digest.data(), &size))
        return false;
    std::string expected(signature.prefix);
    constexpr std::string_view digits = "0123456789abcdef";
    for (unsigned int i = 0; i < size; ++i) {
        expected += digits[digest[i] >> 4];
        expected += digits[digest[i] & 15];
    }
    return given.size() == expected.size() && CRYPTO_memcmp(given.data(), expected.data(), expected.size()) == 0;
}

}  // namespace culprit
