import Bootstrap
import Marketplace

extension APIDependencies {
    var cookies: SessionCookies {
        SessionCookies(
            isSecure: web.publicURL.hasPrefix("https://"), accessLifetime: web.accessTokenLife,
            refreshLifetime: SessionLife.member.total, secrets: RefreshSecrets(keys: keys))
    }

    var devices: DeviceCookies { DeviceCookies(isSecure: web.publicURL.hasPrefix("https://"), keys: keys) }

    var renewal: SessionRenewal {
        SessionRenewal(gateway: gateway, tokens: tokens, secrets: RefreshSecrets(keys: keys), budget: budgets.renewals)
    }

    /// Checks that requests do not come from pages of other sites.
    var origin: OriginCheck { OriginCheck(ownOrigin: web.publicURL) }

    /// Checks the origin of a program's request, and identifies its user. Its errors are problem details.
    var authentication: Authentication {
        Authentication(
            origin: origin, tokens: tokens, cookies: cookies, renewal: renewal, bans: bans,
            endedSessions: endedSessions, addresses: addresses)
    }

    /// Identifies the users of pages, whose origin was checked before. Its errors are pages.
    var pageAuthentication: Authentication {
        var authentication = authentication
        authentication.origin = nil
        let errors = PageErrors(pages: pages)
        authentication.errorResponse = { errors.response(to: $0, $1, $2) }
        return authentication
    }
}
