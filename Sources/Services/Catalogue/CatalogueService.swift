package import Bootstrap
package import Marketplace
package import Storage

/// Keeps the catalogue: events, performances, venues and performers.
package struct CatalogueService: ServiceDefinition {
    package let name = ServiceName.catalogue
    package let follows: [ServiceName] = [.users]

    package let migrations: [Migration]? = [
        Migration(.catalogue, "V0050_catalogue", PackageResources.V0050_catalogue_sql),
        Migration(.catalogue, "V0080_imports", PackageResources.V0080_imports_sql),
        Migration(.catalogue, "V0081_venues_by_name", PackageResources.V0081_venues_by_name_sql),
        Migration(.catalogue, "V0082_events_by_title", PackageResources.V0082_events_by_title_sql),
        Migration(.catalogue, "V0084_local_day", PackageResources.V0084_local_day_sql),
        Migration(
            .catalogue, "V0121_word_queries_of_catalogue", PackageResources.V0121_word_queries_of_catalogue_sql),
        Migration(
            .catalogue, "V0123_pending_lists_of_catalogue", PackageResources.V0123_pending_lists_of_catalogue_sql),
        Migration(.catalogue, "V0126_duplicates", PackageResources.V0126_duplicates_sql),
    ]

    package let copies: [any CopyDeclaration] = [PlainCopy<UserState, CatalogueMember>.catalogueMembers]

    package func workers(_ settings: SettingsReader) throws(SettingsError) -> WorkersBuilder {
        { process in try process.engine(CatalogueHandler()).services }
    }
}
