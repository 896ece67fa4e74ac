# The image of every process of Fairway. Building needs no secret; nothing in it is writable for who runs it.
FROM python:3.13-slim-trixie AS build
WORKDIR /app
RUN python -m venv /venv
COPY requirements/production.txt requirements/
RUN /venv/bin/pip install --no-cache-dir --require-hashes --no-deps --only-binary :all: -r requirements/production.txt
COPY . .
ENV PATH=/venv/bin:$PATH STATIC_ROOT=/static
RUN python manage.py compile_catalogues
RUN python manage.py collectstatic --noinput -v0

FROM python:3.13-slim-trixie
# For manage.py backup and restore: as new as the server of docker-compose.yml.
RUN apt-get update && apt-get install -y --no-install-recommends postgresql-client-17 && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin fairway && install -d -o fairway -g fairway /media
COPY --from=build /venv /venv
COPY --from=build /static /static
COPY --from=build /app /app
WORKDIR /app
ENV PATH=/venv/bin:$PATH STATIC_ROOT=/static MEDIA_ROOT=/media PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 10001:10001
EXPOSE 8000
CMD ["python", "-m", "gunicorn", "portal.wsgi", "--bind", "0.0.0.0:8000"]
