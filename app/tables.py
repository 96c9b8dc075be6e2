"""Every table, imported in one place: what the migrations are compared with."""

from app.appointments import models as appointments
from app.articles import models as articles
from app.clinic import models as clinic
from app.courses import models as courses
from app.diary import models as diary
from app.enquiries import models as enquiries
from app.identity import models as identity
from app.kit import idempotency, secret
from app.kit.db import Base
from app.patients import models as patients
from app.practitioners import models as practitioners
from app.treatments import models as treatments

MODULES = (
    appointments,
    articles,
    clinic,
    courses,
    diary,
    enquiries,
    idempotency,
    identity,
    patients,
    practitioners,
    secret,
    treatments,
)

metadata = Base.metadata
